//! POST /query from outside its router.
