//! The threads backend, however it is called: by many at once, from within a pool, on a pool of one, one run after the other.

#[cfg(target_os = "linux")]
use crate::limited::limited;

use crate::common::{REDUCTIONS, bits};
use crossover::auto::{Auto, Policy};
use crossover::{Arg, Backend, Error, Kernel, Loop, Threads, Workload};

/// Around the lengths at which runs are shared, and parts of a reduction are cut.
const LENGTHS: [usize; 10] = [1, 1025, 2048, 2049, 5000, 65_536, 65_537, 100_000, 131_073, 300_001];

fn numbers() -> Vec<f32> {
    (0..LENGTHS[LENGTHS.len() - 1]).map(|n| (n % 4093) as f32 * 1.7e-3 - 3.0).collect()
}

fn kernels() -> Vec<Kernel> {
    let poly: Workload = "poly".parse().unwrap();
    let text = Kernel::parse("exp(-x**2)*sin(x)").unwrap();
    let folds = REDUCTIONS.map(|fold| poly.kernel.with_reduction(Some(fold)));
    [poly.kernel, text].into_iter().chain(folds).chain([Kernel::parse("sum(x*x)").unwrap()]).collect()
}

/// What the loop gives for each kernel and length.
fn expected_of(numbers: &[f32]) -> Vec<(Kernel, usize, Vec<f32>)> {
    let mut all = Vec::new();
    for kernel in kernels() {
        for len in LENGTHS {
            let mut out = vec![0.0; kernel.output_len(len)];
            Loop.run(&kernel, &[Arg::from(&numbers[..len])], &mut out).unwrap();
            all.push((kernel.clone(), len, out));
        }
    }
    all
}

/// Runs everything several times, so that each way of running is tried.
fn check(threads: &Threads, numbers: &[f32], expected: &[(Kernel, usize, Vec<f32>)]) {
    for (kernel, len, expected) in expected {
        let mut prepared = threads.prepare(kernel).unwrap();
        for run in 0..9 {
            let mut out = vec![f32::NAN; expected.len()];
            prepared.run(&[Arg::from(&numbers[..*len])], &mut out).unwrap();
            let same = out.iter().zip(expected).all(|(x, y)| bits(*x) == bits(*y));
            assert!(same, "{} of {len} on {}, run {run}", kernel.name(), threads.info());
        }
        if kernel.reduction().is_none() {
            let mut data = numbers[..*len].to_vec();
            prepared.run(&[Arg::Output(0)], &mut data).unwrap();
            assert!(
                data.iter().zip(expected).all(|(x, y)| bits(*x) == bits(*y)),
                "{} of {len} in place",
                kernel.name()
            );
        }
    }
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let numbers = numbers();
    let expected = expected_of(&numbers);
    check(&Threads::new(), &numbers, &expected);
    // More than cores, parts of an array, and blocks.
    for count in [1, 2, 3, 4, 5, 9, 17] {
        let threads = Threads::with_threads(count).unwrap();
        assert_eq!(threads.info().threads, Some(count));
        check(&threads, &numbers, &expected);
    }
}

#[test]
fn many_callers_share_one_backend() {
    let numbers = numbers();
    let expected = expected_of(&numbers);
    for threads in [Threads::with_threads(2).unwrap(), Threads::new()] {
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| check(&threads, &numbers, &expected));
            }
        });
    }
}

#[test]
fn a_caller_may_be_a_thread_of_a_pool() {
    let numbers = numbers();
    let expected = expected_of(&numbers);
    for size in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(size).build().unwrap();
        // Of another pool than the backend's, of the backend's own, and several of them at once.
        pool.install(|| check(&Threads::with_threads(2).unwrap(), &numbers, &expected));
        pool.install(|| check(&Threads::new(), &numbers, &expected));
        pool.install(|| {
            let threads = Threads::new();
            rayon::join(|| check(&threads, &numbers, &expected), || check(&threads, &numbers, &expected));
        });
    }
    let threads = Threads::new();
    rayon::join(|| check(&threads, &numbers, &expected), || check(&threads, &numbers, &expected));
}

#[test]
fn more_threads_than_any_use_are_refused_with_both_numbers() {
    for asked in [1025, 65_535, usize::MAX] {
        let error = Threads::with_threads(asked).unwrap_err();
        assert!(matches!(error, Error::Invalid { what: "threads", .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains(&asked.to_string()) && said.contains("give 1 to 1024"), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn where_the_system_starts_too_few_threads_there_are_fewer_and_a_reason() {
    const INSIDE: &str = "CROSSOVER_TEST_THREADS";
    const NAME: &str = "threads::where_the_system_starts_too_few_threads_there_are_fewer_and_a_reason";
    if let Ok(expected) = std::env::var(INSIDE) {
        return with_fewer(expected.parse().unwrap());
    }
    // Of five that start, three are left to others.
    for (allowed, expected) in [(1, 1), (6, 2)] {
        let mut command = match limited(allowed, &std::env::current_exe().unwrap()) {
            Ok(command) => command,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let output = command.args(["--exact", NAME, "--nocapture", "--test-threads=1"]);
        let output = output.env(INSIDE, expected.to_string()).output().unwrap();
        let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && (told.contains("told: ") || told.contains("skipped")), "{told}\n{errors}");
        print!("{told}");
    }
}

#[cfg(target_os = "linux")]
fn with_fewer(expected: usize) {
    let many: Vec<_> = (0..8).map(|_| std::thread::Builder::new().spawn(std::thread::park)).collect();
    let refused = many.iter().any(Result::is_err);
    for thread in many.into_iter().flatten() {
        thread.thread().unpark();
        thread.join().unwrap();
    }
    if !refused {
        return println!("skipped: no limit holds here");
    }
    let threads = Threads::new();
    let auto = Auto::with(Policy::no_gpu()).unwrap();
    for info in [threads.info(), auto.info()] {
        let why = info.limitation.clone().unwrap();
        println!("told: {info}");
        assert!(info.threads == Some(expected) && info.to_string().contains(&why), "{info}");
        assert!(why.starts_with(&format!("{expected} of 8 threads")) && why.contains("raise the limit"), "{why}");
    }
    let error = Threads::with_threads(8).unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    let numbers = numbers();
    check(&threads, &numbers, &expected_of(&numbers)[..LENGTHS.len()]);
}
