//! A process that is forked has none of its parent's threads: its runs end all the same.
#![cfg(unix)]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::bits;
use crossover::{Arg, Backend, Kernel, Loop, Reduction, Threads, Workload, formula};

/// More than a run is shared from on.
const LEN: usize = 70_001;

/// Whether runs of `Held` wait, and whether one does.
static HELD: AtomicBool = AtomicBool::new(false);
static WAITS: AtomicBool = AtomicBool::new(false);

fn hold() {
    while HELD.load(Ordering::Acquire) {
        WAITS.store(true, Ordering::Release);
        std::thread::yield_now();
    }
}

formula! {
    fn Held(x) {
        hold();
        x + x
    }
}

/// Runs `child` in a fork of this process, which has to end within a minute and without a panic.
fn forked(child: impl FnOnce()) -> Result<(), String> {
    // SAFETY: the child runs code of this test alone, which takes no lock that another thread may have held, and ends without
    // running what the parent registered for its own end.
    let process = unsafe { libc::fork() };
    assert!(process >= 0, "fork: {}", std::io::Error::last_os_error());
    if process == 0 {
        let panicked = catch_unwind(AssertUnwindSafe(child)).is_err();
        // SAFETY: it ends the process.
        unsafe { libc::_exit(i32::from(panicked)) };
    }
    let begun = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: the status is written to a variable of this function.
        if unsafe { libc::waitpid(process, &mut status, libc::WNOHANG) } == process {
            return if status == 0 { Ok(()) } else { Err(format!("the fork ended with {status}")) };
        }
        if begun.elapsed() > Duration::from_secs(60) {
            // SAFETY: the child has not been waited for, so that the number is still its own.
            unsafe { libc::kill(process, libc::SIGKILL) };
            return Err("the fork does not end".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A kernel, and its results from the loop.
struct Case {
    kernel: Kernel,
    expected: Vec<f32>,
}

fn cases(x: &[f32]) -> Vec<Case> {
    let poly = "poly".parse::<Workload>().unwrap().kernel;
    let all = [poly.clone(), poly.with_reduction(Some(Reduction::Sum))].into_iter();
    let case = |kernel: Kernel| {
        let mut expected = vec![0.0; kernel.output_len(x.len())];
        Loop.run(&kernel, &[Arg::from(x)], &mut expected).unwrap();
        Case { kernel, expected }
    };
    all.map(case).collect()
}

fn check(threads: &Threads, x: &[f32], cases: &[Case]) {
    for Case { kernel, expected } in cases {
        let mut prepared = threads.prepare(kernel).unwrap();
        for _ in 0..12 {
            let mut out = vec![f32::NAN; expected.len()];
            prepared.run(&[Arg::from(x)], &mut out).unwrap();
            assert!(out.iter().zip(expected).all(|(x, y)| bits(*x) == bits(*y)));
        }
    }
}

/// What a fork finds: its parent's backend without threads, and threads of its own where it asks for them.
fn check_fork(threads: &Threads, x: &[f32], cases: &[Case]) {
    check(threads, x, cases);
    let info = threads.info();
    assert!(info.threads == Some(1) && info.limitation.unwrap().contains("forked"));
    let own = Threads::with_threads(2).unwrap();
    assert!(own.info().threads == Some(2) && own.info().limitation.is_none());
    check(&own, x, cases);
}

// One test, so that no other thread holds a lock of the standard library's while it forks.
#[test]
fn a_fork_runs_alone_whatever_its_parent_was_doing() {
    let x: Vec<f32> = (0..LEN).map(|n| (n % 4093) as f32 * 1.7e-3 - 3.0).collect();
    let cases = cases(&x);
    for threads in [Threads::with_threads(2).unwrap(), Threads::with_threads(5).unwrap()] {
        check(&threads, &x, &cases);
        // Right after a run, and long after.
        forked(|| check_fork(&threads, &x, &cases)).unwrap();
        std::thread::sleep(Duration::from_millis(5));
        forked(|| check_fork(&threads, &x, &cases)).unwrap();
        // In the middle of a run.
        let mut held = threads.prepare(&Kernel::new("held", Held)).unwrap();
        HELD.store(true, Ordering::Release);
        std::thread::scope(|scope| {
            let parent = scope.spawn(|| held.run(&[Arg::from(&x)], &mut vec![0.0; LEN]));
            while !WAITS.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            let ended = forked(|| check_fork(&threads, &x, &cases));
            HELD.store(false, Ordering::Release);
            parent.join().unwrap().unwrap();
            ended.unwrap();
        });
        WAITS.store(false, Ordering::Release);
        // The parent's threads are as they were.
        check(&threads, &x, &cases);
        assert!(threads.info().threads > Some(1) && threads.info().limitation.is_none());
    }
    let mut global = Threads::new();
    check(&global, &x, &cases);
    if global.info().threads == Some(1) {
        return println!("skipped: one core has no threads to lose");
    }
    forked(|| {
        check_fork(&global, &x, &cases);
        global = Threads::new();
        check_fork(&global, &x, &cases);
    })
    .unwrap();
}
