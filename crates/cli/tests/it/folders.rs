use std::process::Command;

use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn links_out_of_the_folder_pipes_and_devices_are_named_and_not_read() {
    let sandbox = Sandbox::with(&[("prompts/good.txt", "Hello"), ("outside.txt", "secret")]);
    let prompts = sandbox.path().join("prompts");
    std::os::unix::fs::symlink("../outside.txt", prompts.join("a_link.txt")).expect("a link");
    std::os::unix::fs::symlink("good.txt", prompts.join("inside_link.txt")).expect("a link");
    std::os::unix::fs::symlink("/dev/zero", prompts.join("b_device.txt")).expect("a link");
    std::os::unix::fs::symlink("gone.txt", prompts.join("c_gone.txt")).expect("a link");
    let made = Command::new("mkfifo").arg(prompts.join("d_pipe.txt")).status().expect("mkfifo runs");
    assert!(made.success());
    assert_snapshot!(sandbox.run(&["validate"]), @r##"
    exit: 1
    --- stderr
    unsupported_file

      × prompts/a_link.txt: this link leaves the folder; copy the file into it
    unsupported_file

      × prompts/b_device.txt: this link leaves the folder; copy the file into it
    unsupported_file

      × prompts/c_gone.txt: the file cannot be read: No such file or directory (os error 2)
    unsupported_file

      × prompts/d_pipe.txt: this is not a regular file
    error: 4 problems
    "##);
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("prompts/large.txt", vec![b'x'; (1 << 20) + 1]);
    assert_snapshot!(sandbox.run(&["validate"]), @r##"
    exit: 1
    --- stderr
    file_too_large

      × prompts/large.txt: the file is larger than the limit of 1048576 bytes
    error: 1 problem
    "##);
}

#[test]
fn ten_thousand_files_are_the_most() {
    let sandbox = Sandbox::new();
    for number in 0..10_001 {
        sandbox.write(&format!("prompts/p{number}.txt"), "x");
    }
    assert_snapshot!(sandbox.run(&["validate"]), @r##"
    exit: 1
    --- stderr
    too_many_files

      × there are more than 10000 prompt files
      help: push sub-folders one by one with --path
    error: 1 problem
    "##);
}

#[test]
fn hidden_files_and_the_readme_are_no_prompts() {
    let sandbox = Sandbox::with(&[
        ("prompts/.hidden.txt", "{{"),
        ("prompts/.git/x.txt", "{{"),
        ("prompts/README.md", "{{"),
        ("prompts/image.png", "{{"),
        ("prompts/sub/real.txt", "Hello"),
    ]);
    assert_eq!(sandbox.run(&["validate"]), "exit: 0\n--- stdout\n1 prompt is valid.\n");
}

#[test]
fn a_folder_that_is_not_there_is_3() {
    assert_snapshot!(Sandbox::new().run(&["validate"]), @r##"
    exit: 3
    --- stderr
    error: cannot read prompts: No such file or directory (os error 2)
      hint: name the folder of prompts with --path
    "##);
}
