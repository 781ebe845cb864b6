//! The simulated account.

use jiff::Timestamp;
use tidings::simulator::{Call, Clock, Simulator};

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-central-1";
pub const TABLE: &str = "tidings-state";
/// The topic that [`deployed`] creates in [`REGION`].
pub const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:tidings";

pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// 06:00 on a Monday.
pub fn monday() -> Clock {
    Clock::frozen(time("2026-03-02T06:00:00Z"))
}

/// An account with what a deployment of tidings creates: the state table, and a topic in `region`.
pub fn deployed(clock: Clock, region: &str) -> Simulator {
    let simulator = Simulator::with_clock(clock);
    simulator.create_table(TABLE).expect("a table");
    simulator.world().create_topic(region, "tidings");
    simulator
}

/// Serves the simulator on a loopback port until the test process ends; the endpoint.
pub fn serve(simulator: &Simulator) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket that does not block");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let served = simulator.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            served.serve(listener).await
        })
    });
    endpoint
}

/// The calls of one operation so far.
pub fn calls_of(simulator: &Simulator, operation: &str) -> Vec<Call> {
    simulator.calls().into_iter().filter(|call| call.operation == operation).collect()
}
