//! A way to a server that can be broken, and mended.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

/// What happens to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: they work.
    None,
    /// They are accepted, and nobody ever answers.
    Silent,
    /// The head of an answer comes, and nothing after it.
    HalfOpen,
    /// They are reset.
    Reset,
    /// A byte of an answer now and then.
    Drips,
    /// A whole answer of somebody else.
    Nonsense,
    /// They work, and everything comes a second late.
    Late,
    /// They are refused.
    Refused,
}

/// A proxy in front of a server.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    fault: watch::Sender<Fault>,
    connections: Arc<Mutex<usize>>,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let mut listener = Some(TcpListener::bind("127.0.0.1:0").await.expect("a free port"));
        let address = listener.as_ref().expect("it is bound").local_addr().expect("a bound address");
        let proxy = Self { address, fault: watch::Sender::new(Fault::None), connections: Arc::default() };
        let own = proxy.clone();
        tokio::spawn(async move {
            let mut fault = own.fault.subscribe();
            loop {
                if *fault.borrow_and_update() == Fault::Refused {
                    listener = None;
                    let _ = fault.changed().await;
                    continue;
                }
                let Some(listening) = &listener else {
                    listener = TcpListener::bind(address).await.ok();
                    continue;
                };
                tokio::select! {
                    accepted = listening.accept() => {
                        let Ok((connection, _)) = accepted else { continue };
                        *own.connections.lock().expect("no holder of the lock can panic") += 1;
                        tokio::spawn(serve(connection, server, own.fault.subscribe()));
                    }
                    _ = fault.changed() => {}
                }
            }
        });
        proxy
    }

    /// Breaks the way, or mends it. Connections that are open break with it.
    pub(crate) fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Connections that were made.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().expect("no holder of the lock can panic")
    }
}

async fn serve(mut connection: TcpStream, server: SocketAddr, mut fault: watch::Receiver<Fault>) {
    loop {
        let now = *fault.borrow_and_update();
        let served = tokio::select! {
            () = act(&mut connection, server, now) => true,
            _ = fault.changed() => false,
        };
        if served {
            return;
        }
    }
}

async fn act(connection: &mut TcpStream, server: SocketAddr, fault: Fault) {
    let mut asked = [0; 4096];
    match fault {
        Fault::None => {
            if let Ok(mut upstream) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(connection, &mut upstream).await;
            }
        }
        Fault::Silent => loop {
            if !matches!(connection.read(&mut asked).await, Ok(1..)) {
                // The other side gave up; it gets no answer to that either.
                sleep(Duration::from_hours(1)).await;
            }
        },
        Fault::HalfOpen => {
            let _ = connection.read(&mut asked).await;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{").await;
            sleep(Duration::from_hours(1)).await;
        }
        Fault::Reset | Fault::Refused => {
            let _ = connection.set_zero_linger();
        }
        Fault::Drips => {
            let _ = connection.read(&mut asked).await;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
            while connection.write_all(b" ").await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        }
        Fault::Nonsense => {
            let _ = connection.read(&mut asked).await;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>").await;
        }
        Fault::Late => {
            sleep(Duration::from_secs(1)).await;
            if let Ok(mut upstream) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(connection, &mut upstream).await;
            }
        }
    }
}
