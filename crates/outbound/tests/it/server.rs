//! Servers that answer as they are told, and count who comes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A server on a free port of an address.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// What a server does after it has read a request.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    /// Sends these bytes and closes.
    Answers(&'static str),
    /// Sends a head, then zeros for ever.
    NeverEnds,
    /// Sends a head, then nothing.
    Stalls,
    /// Sends the request back as the body.
    Echoes,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";

impl Server {
    pub(crate) async fn start(address: &str, does: Does) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(socket, does));
            }
        });
        Self { address, connections }
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(mut socket: TcpStream, does: Does) {
    let mut request = vec![0; 64 << 10];
    let count = socket.read(&mut request).await.unwrap_or_default();
    // A client that has gone is no failure of the double.
    let _ = match does {
        Does::Answers(text) => socket.write_all(text.as_bytes()).await,
        Does::NeverEnds => {
            let _ = socket.write_all(HEAD.as_bytes()).await;
            while socket.write_all(&[0; 16 << 10]).await.is_ok() {}
            Ok(())
        }
        Does::Stalls => {
            let _ = socket.write_all(HEAD.as_bytes()).await;
            socket.read(&mut request).await.map(drop)
        }
        Does::Echoes => {
            let _ = socket.write_all(HEAD.as_bytes()).await;
            socket.write_all(&request[..count]).await
        }
    };
}
