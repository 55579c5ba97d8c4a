//! Programs that stand beside the server.

pub(crate) mod axum;
pub(crate) mod commits;
pub(crate) mod streams;

/// Tells whoever started this program where it listens, in the server's words.
fn say(address: std::net::SocketAddr) {
    println!("listening on http://{address}");
}
