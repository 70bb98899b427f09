//! How glibc's allocator shares memory among our threads.
//!
//! By default it makes up to eight arenas per core, and what is freed in one is of no use to the others: the threads
//! that decode and seal come and go, and each leaves a heap behind. With one arena per core, and large blocks that go
//! back to the system at once, a centre at full ingest and a collector of ten thousand files hold a third less.

/// Blocks from this size on are mapped by themselves and given back when they are freed, bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_BYTES_MIN: libc::c_int = 1 << 20;

/// Sets it; to be called before there is a second thread. Whoever sets `MALLOC_ARENA_MAX` decides instead.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "glibc takes these two numbers by a call only, or by the environment"
)]
pub(crate) fn configure() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_some() {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let arenas = libc::c_int::try_from(cores).unwrap_or(libc::c_int::MAX);
    // SAFETY: mallopt sets a number of the allocator, and no other thread is there that might allocate meanwhile.
    let set = unsafe {
        libc::mallopt(libc::M_ARENA_MAX, arenas)
            & libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES_MIN)
    };
    debug_assert_eq!(set, 1, "glibc knows both");
}

/// Other allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn configure() {}
