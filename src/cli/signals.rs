//! Being told to stop: Ctrl-C, or a polite kill.

use std::io;

/// Waits until someone interrupts this process or tells it to stop.
#[cfg(unix)]
pub(super) async fn told_to_stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits until someone interrupts this process.
#[cfg(not(unix))]
pub(super) async fn told_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
