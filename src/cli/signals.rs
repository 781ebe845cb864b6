//! The signals that end a command: Ctrl-C and SIGTERM.

use std::io;

/// Waits for Ctrl-C or SIGTERM.
#[cfg(unix)]
pub(super) async fn stop_requested() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn stop_requested() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
