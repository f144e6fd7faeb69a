//! The shapes that a side of a contest can have.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::runtime::Runtime;

use crate::{
    clock::Cost,
    load::{Connection, Load},
    server::Server,
};

/// A function, called again and again on this thread; the CPU time is this thread's.
pub fn calls<T>(mut call: impl FnMut() -> T) -> impl FnMut(u64) -> Cost {
    move |operations| {
        Cost::of_thread(|| {
            for _ in 0..operations {
                black_box(call());
            }
        })
    }
}

/// A future made again and again by so many tasks at once; the CPU time is this whole process's.
///
/// `operation` is handed the number of the operation within the round, each once.
pub fn tasks<F, T>(
    runtime: &Runtime,
    tasks: usize,
    operation: impl Fn(u64) -> F + Send + Sync + 'static,
) -> impl FnMut(u64) -> Cost
where
    F: Future<Output = T> + Send + 'static,
    T: Send,
{
    let operation = Arc::new(operation);
    move |operations| {
        let next = Arc::new(AtomicU64::new(0));
        let work = || {
            runtime.block_on(async {
                let all = (0..tasks).map(|_| {
                    let (next, operation) = (next.clone(), operation.clone());
                    tokio::spawn(async move {
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= operations {
                                break;
                            }
                            black_box(operation(number).await);
                        }
                    })
                });
                for task in all.collect::<Vec<_>>() {
                    task.await.expect("a task of the bench ends well");
                }
            });
        };
        Cost::of_process(work)
    }
}

/// One exchange made again and again over the connections of a load; the CPU time is the server's.
pub fn requests(
    server: &Server,
    load: &Load,
    exchange: impl AsyncFn(&mut Connection) -> std::io::Result<()>,
) -> impl FnMut(u64) -> Cost {
    move |operations| Cost::measure(|| server.cpu(), || load.run(operations, &exchange))
}
