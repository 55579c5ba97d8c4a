//! The server that lies, for tests in other languages. It says where it listens and which attacks there are, then does what
//! it is told, a line a time: `streams`, `publish TEXT`, `attack NAME`, `then`, `heal`. Each line is answered by `done`.
#![expect(clippy::print_stdout, reason = "it talks to the program that started it")]

use std::io::{BufRead as _, Write as _};

use promptsync_testing::lying::{ATTACKS, Attack, Double};
use serde_json::json;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let double = Double::start("good").await;
    let attack = |attack: &Attack| {
        json!({ "name": attack.name, "code": attack.code, "streams": attack.is_on_stream(),
                "then": attack.then.is_some(), "for_ever": attack.is_for_ever() })
    };
    let attacks: Vec<_> = ATTACKS.iter().map(attack).collect();
    say(&json!({ "url": format!("http://{}", double.address), "attacks": attacks }).to_string());
    let mut chosen: Option<Attack> = None;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "streams" => double.world().streams = true,
            "publish" => double.publish("greeting", rest),
            "attack" => {
                chosen = ATTACKS.into_iter().find(|attack| attack.name == rest);
                if let Some(attack) = chosen {
                    (attack.make)(&mut double.world());
                }
            }
            "then" => {
                if let Some(then) = chosen.and_then(|attack| attack.then) {
                    then(&mut double.world());
                }
            }
            "heal" => double.world().lies.clear(),
            _ => {}
        }
        say("done");
    }
}

fn say(line: &str) {
    println!("{line}");
    // Whoever asked went away.
    let _ = std::io::stdout().flush();
}
