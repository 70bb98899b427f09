//! Names: which component speaks, and the ids of lineages and sources.
//!
//! Ids come from content, so that a collector that lost its data directory finds the same ones; only a
//! plain file's source id is drawn (its first line holds nothing of its own).

use nilometer_model::{LineageId, SourceId, Timestamp};
use xxhash_rust::xxh3::Xxh3;

use nilometer_parse::Format;

/// The name of one stream's log: node, log directory below `--rootfs` (Docker: container id), stream.
pub(crate) fn lineage_id(node: &str, key: &str, stream: &str) -> LineageId {
    LineageId(digest(node, key, stream).digest())
}

/// The name of one stream of one generation: the lineage's parts, and the first line's time and hash.
pub(crate) fn source_id(node: &str, key: &str, stream: &str, first: (Timestamp, u64)) -> SourceId {
    let mut digest = digest(node, key, stream);
    digest.update(&first.0.0.to_le_bytes());
    digest.update(&first.1.to_le_bytes());
    SourceId(digest.digest())
}

fn digest(node: &str, key: &str, stream: &str) -> Xxh3 {
    let mut digest = Xxh3::new();
    for part in [node, key, stream] {
        digest.update(part.as_bytes());
        digest.update(&[0]);
    }
    digest
}

/// What a log directory's or file's name says: (component, instance).
pub(crate) fn names(format: Format, key: &str) -> (String, String) {
    let mut parts = key.rsplit('/');
    match format {
        Format::Cri => {
            // .../<ns>_<pod>_<uid>/<container>
            let pod = parts.nth(1).unwrap_or(key);
            let pod = pod.split('_').nth(1).unwrap_or(pod);
            (without_generated_suffix(pod).to_owned(), pod.to_owned())
        }
        Format::Docker => {
            let id = parts.next().unwrap_or(key);
            let short = id.get(..12).unwrap_or(id);
            (short.to_owned(), short.to_owned())
        }
        Format::Plain => {
            let name = parts.next().unwrap_or(key);
            let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
            let stem = if stem.is_empty() { name } else { stem };
            (without_number(stem).to_owned(), stem.to_owned())
        }
    }
}

/// A pod's name without `-<hash>-<5>`, `-<5>` or `-<n>`.
fn without_generated_suffix(pod: &str) -> &str {
    let number = without_number(pod);
    let Some((rest, last)) = pod.rsplit_once('-') else { return pod };
    if rest.is_empty() || !(last.len() == 5 && generated(last)) {
        return number;
    }
    match rest.rsplit_once('-') {
        Some((name, hash)) if !name.is_empty() && is_hash(hash) => name,
        _ => rest,
    }
}

/// Whether five characters look drawn, not chosen: a digit, no vowel, or hex digits only.
fn generated(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && (bytes.iter().any(u8::is_ascii_digit)
            || bytes.iter().all(|b| is_safe(*b))
            || bytes.iter().all(u8::is_ascii_hexdigit))
}

/// A replica set's hash (Kubernetes draws from letters that spell no words), or a cron job's minute.
fn is_hash(text: &str) -> bool {
    (6..=10).contains(&text.len())
        && (text.bytes().all(is_safe) || text.bytes().all(|b| b.is_ascii_digit()))
}

fn is_safe(byte: u8) -> bool {
    b"bcdfghjklmnpqrstvwxz2456789".contains(&byte)
}

fn without_number(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((rest, n))
            if !rest.is_empty() && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) =>
        {
            rest
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_speaks_for_its_name_without_the_generated_suffix() {
        for (pod, component) in [
            ("checkout-7d9f8b6c5d-x2x4z", "checkout"),
            ("node-agent-bq7pz", "node-agent"),
            ("postgres-0", "postgres"),
            ("backup-28012345-kx9fz", "backup"),
            ("app0001-1a2b3", "app0001"),
            ("shop-app0001-1a2b3", "shop-app0001"),
            ("cache-redis", "cache-redis"),
            ("nginx", "nginx"),
            ("kube-proxy-abcde", "kube-proxy"),
            ("-12345", "-12345"),
        ] {
            let key = format!("/var/log/pods/ns_{pod}_uid/main");
            let expect = (component.to_owned(), pod.to_owned());
            assert_eq!(names(Format::Cri, &key), expect);
        }
    }

    #[test]
    fn a_plain_file_speaks_for_its_stem() {
        for (path, component, instance) in [
            ("/var/log/app/orders-3.log", "orders", "orders-3"),
            ("/var/log/syslog", "syslog", "syslog"),
            ("/x/.hidden", ".hidden", ".hidden"),
        ] {
            let expect = (component.to_owned(), instance.to_owned());
            assert_eq!(names(Format::Plain, path), expect);
        }
    }

    #[test]
    fn ids_differ_by_each_of_their_parts() {
        let first = (Timestamp(1), 2);
        let id = source_id("n", "/k", "stdout", first);
        assert_eq!(id, source_id("n", "/k", "stdout", first));
        for other in [
            source_id("m", "/k", "stdout", first),
            source_id("n", "/l", "stdout", first),
            source_id("n", "/k", "stderr", first),
            source_id("n", "/k", "stdout", (Timestamp(2), 2)),
            source_id("n", "/k", "stdout", (Timestamp(1), 3)),
        ] {
            assert_ne!(id, other);
        }
    }
}
