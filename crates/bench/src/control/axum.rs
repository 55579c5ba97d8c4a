//! A bare web server: no key, no roles, no count, the same bytes for everybody.

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse as _,
    routing::get,
    serve::ListenerExt as _,
};
use bytes::Bytes;
use tokio::net::TcpListener;

use super::say;
use crate::Outcome;

const JSON: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

/// Answers with the bytes of a file.
pub(crate) fn bytes(file: &str) -> Outcome {
    let body = Bytes::from(std::fs::read(file)?);
    serve(|| async { Ok(Router::new().route("/prompt", get(move || async move { (JSON, body) }))) })
}

/// Answers with what Redis holds under `prompt`, asked for at each request.
pub(crate) fn redis(address: &str) -> Outcome {
    let client = redis::Client::open(format!("redis://{address}/"))?;
    serve(|| async move {
        let connection = client.get_multiplexed_async_connection().await?;
        let answer = move || {
            let mut connection = connection.clone();
            async move {
                let found: redis::RedisResult<Vec<u8>> =
                    redis::cmd("GET").arg("prompt").query_async(&mut connection).await;
                match found {
                    Ok(body) => (JSON, body).into_response(),
                    Err(_) => StatusCode::BAD_GATEWAY.into_response(),
                }
            }
        };
        Ok(Router::new().route("/prompt", get(answer)))
    })
}

/// One thread, because one core is what everybody gets.
fn serve<F: Future<Output = Outcome<Router>>>(routes: impl FnOnce() -> F) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let routes = routes().await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        say(listener.local_addr()?);
        let listener = listener.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        Ok(axum::serve(listener, routes).await?)
    })
}
