//! A crew under every number of threads, with panics, and with many callers.

use super::*;

fn crew(threads: usize) -> Crew {
    Crew::new(Some(Pool::own(threads).unwrap()))
}

#[test]
fn every_block_is_done_once() {
    let crew = crew(3);
    for len in [1, 2, 63, 64, 65, 1000, 4096] {
        // Asleep at first, and awake from then on.
        for block in [1, 7, 64, 5000, 7, 7, 7] {
            let mut data = vec![0_u32; len];
            let shared = crew.share_slice(&mut data, block, &|from, part| {
                assert!(from % block == 0 && (part.len() == block || from + part.len() == len));
                part.iter_mut().for_each(|count| *count += 1);
            });
            assert!(shared.is_some() && data.iter().all(|count| *count == 1), "{len} in blocks of {block}");
        }
    }
}

#[test]
fn one_caller_at_a_time_has_the_crew() {
    let (crew, busy) = (crew(2), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let mut data = [0_u32; 100];
                    if crew
                        .share_slice(&mut data, 10, &|_, part| part.iter_mut().for_each(|count| *count += 1))
                        .is_some()
                    {
                        assert_eq!(data, [1; 100]);
                    } else {
                        assert_eq!(data, [0; 100]);
                        busy.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    println!("busy {} of 8000 times", busy.into_inner());
}

#[test]
fn a_panic_reaches_the_caller_and_the_crew_goes_on() {
    let crew = crew(2);
    for _ in 0..50 {
        let mut data = [0_u32; 64];
        let panics = |from: usize, _: &mut [u32]| assert!(from != 40, "block 40");
        let caught = catch_unwind(AssertUnwindSafe(|| crew.share_slice(&mut data, 1, &panics)));
        let message = caught.unwrap_err();
        assert_eq!(message.downcast_ref::<&str>(), Some(&"block 40"));
        assert!(crew.share_slice(&mut data, 1, &|_, part| part[0] += 1).is_some());
        assert_eq!(data, [1; 64]);
    }
}

#[test]
fn every_part_is_taken_whole_wherever_one_begins() {
    let parts = Parts::default();
    for count in (1..=9).chain([17, 33, PARTS]) {
        for blocks in (1..=40).chain([63, 64, 65, 1000]) {
            for home in 0..=PARTS {
                parts.deal(blocks, count);
                let taken = Mutex::new(vec![0; blocks]);
                parts.take(home, &|block| lock(&taken)[block] += 1);
                assert!(lock(&taken).iter().all(|times| *times == 1), "{blocks} in {count} parts, from {home} on");
            }
        }
    }
}

#[test]
fn every_number_of_threads_does_every_block_once() {
    for threads in (1..=9).chain([17, 70]) {
        let crew = crew(threads);
        for blocks in [1, 2, threads - 1, threads, threads + 1, 5 * threads + 3, 200] {
            for _ in 0..5 {
                let mut data = vec![0_u32; blocks];
                assert!(crew.share_slice(&mut data, 1, &|_, part| part[0] += 1).is_some());
                assert!(data.iter().all(|count| *count == 1), "{blocks} blocks, {threads} threads: {data:?}");
            }
        }
    }
}

/// Shares a block for each of this many threads, and has them all in theirs at the same time: the caller in the first.
fn together(threads: usize, body: impl Fn(bool) + Sync) -> std::thread::Result<Option<usize>> {
    let (crew, caller) = (crew(threads), std::thread::current().id());
    let here = AtomicUsize::new(0);
    let meet = |_: usize, _: &mut [u32]| {
        here.fetch_add(1, Ordering::Relaxed);
        while here.load(Ordering::Relaxed) < threads {
            std::thread::yield_now();
        }
        body(std::thread::current().id() == caller);
    };
    catch_unwind(AssertUnwindSafe(|| crew.share_slice(&mut vec![0; threads], 1, &meet)))
}

#[test]
fn a_panic_of_a_helper_alone_reaches_the_caller() {
    let helped = together(2, |_| ()).unwrap();
    assert_eq!(helped, Some(1));
    let caught = together(2, |on_caller| assert!(on_caller, "not on the caller's thread"));
    assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"not on the caller's thread"));
}

/// What a panic may leave: to drop it panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the payload of a panic panics");
    }
}

#[test]
fn helpers_finish_whatever_their_panics_leave() {
    // The first helper's payload is dropped for the second's.
    let caught = together(3, |on_caller| {
        if !on_caller {
            std::panic::panic_any(Bomb);
        }
    });
    let payload = caught.unwrap_err();
    assert!(payload.is::<Bomb>());
    std::mem::forget(payload);
}

#[test]
fn a_payload_that_no_caller_took_harms_no_other() {
    let board = Board::default();
    *lock(&board.panic) = Some(Box::new(Bomb));
    assert_eq!(board.run(0, &|_| ()), 0);
}
