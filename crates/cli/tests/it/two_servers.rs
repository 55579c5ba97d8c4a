//! Two servers on one PostgreSQL: what one is told, the other knows within a second.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use promptsync_testing::database::{on_postgres, url_of};

use crate::Sandbox;

/// What is promised: a revoked key opens nothing after this.
const PROMISED: Duration = Duration::from_secs(1);

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(sandbox: &Sandbox) -> Self {
        let mut child = sandbox
            .command(&["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_revoked_on_one_server_is_refused_by_the_other_within_a_second() {
    on_postgres(|db| async move {
        let sandbox = Sandbox::new().env("DATABASE_URL", &url_of(&db));
        let keys = |args: &[&str]| {
            let out = sandbox.output(&[&["keys", "create", "--data-dir", "data"], args].concat());
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8(out.stdout).expect("text").trim().to_owned()
        };
        let admin = keys(&["--role", "admin"]);
        let (here, there) = (Server::start(&sandbox), Server::start(&sandbox));
        let client = |server: &Server, key: &str| {
            promptsync_client::Client::new(&server.url, Some(key)).expect("an address")
        };
        let ours = client(&here, &admin);
        let mut slowest = Duration::ZERO;
        for round in 0..5 {
            let key = keys(&["--role", "viewer", "--name", &format!("reader {round}")]);
            let reader = client(&there, &key);
            let whoami = reader.whoami().await.expect("the other server knows the key");
            let known =
                ours.keys().await.expect("the list").into_iter().find(|known| known.name == whoami.name);
            // Read again and again, so that the other server has it in memory as freshly as it ever has.
            reader.whoami().await.expect("the other server knows the key");
            ours.revoke_key(known.expect("the key is listed").id.as_str()).await.expect("the key is revoked");
            let revoked = Instant::now();
            loop {
                let asked = revoked.elapsed();
                match reader.whoami().await {
                    Ok(_) => {
                        assert!(asked <= PROMISED, "round {round}: opened {asked:?} after it was revoked");
                    }
                    Err(refused) => {
                        assert_eq!(refused.code(), Some("unauthenticated"), "{refused}");
                        slowest = slowest.max(asked);
                        break;
                    }
                }
            }
        }
        println!("the slowest of 5 was refused {slowest:?} after it was revoked");
    })
    .await;
}
