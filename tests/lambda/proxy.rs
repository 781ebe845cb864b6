//! Something between the function and AWS that behaves badly, as the network does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// What happens to the next answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Each piece of an answer comes late.
    Slow(Duration),
    /// So many answers end in the middle, with the connection.
    Half(usize),
    /// So many requests are met with a reset connection.
    Reset(usize),
}

/// A proxy in front of the simulator. It ends with this value.
pub struct Proxy {
    pub endpoint: String,
    trouble: Arc<Mutex<Option<Trouble>>>,
    cut: broadcast::Sender<()>,
    most_open: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to that endpoint (`http://host:port`), which behaves for now.
    pub async fn to(endpoint: &str) -> Self {
        let upstream = endpoint.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let trouble = Arc::new(Mutex::new(None));
        let (cut, _) = broadcast::channel(1);
        let most_open = Arc::new(AtomicUsize::new(0));
        let (shared, cuts, most) = (Arc::clone(&trouble), cut.clone(), Arc::clone(&most_open));
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, trouble, mut cut) = (upstream.clone(), Arc::clone(&shared), cuts.subscribe());
                most.fetch_max(cuts.receiver_count(), Ordering::Relaxed);
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(client, &upstream, &trouble) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { endpoint, trouble, cut, most_open, serving }
    }

    /// Makes trouble from now on.
    pub fn make(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = Some(trouble);
    }

    /// Behaves again. What trouble was left.
    pub fn calm(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap().take()
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.cut.receiver_count()
    }

    /// How many connections were open at the same time at most.
    pub fn most_open(&self) -> usize {
        self.most_open.load(Ordering::Relaxed)
    }

    /// Closes every connection, as load balancers do with idle ones. How many there were.
    pub fn cut(&self) -> usize {
        self.cut.send(()).unwrap_or(0)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Takes one shot of a trouble that comes a number of times.
fn strike(trouble: &Mutex<Option<Trouble>>, wanted: fn(usize) -> Trouble) -> bool {
    let mut trouble = trouble.lock().unwrap();
    match *trouble {
        Some(Trouble::Half(left) | Trouble::Reset(left)) if left > 0 && *trouble == Some(wanted(left)) => {
            *trouble = Some(wanted(left - 1));
            true
        }
        _ => false,
    }
}

async fn carry(mut client: TcpStream, upstream: &str, trouble: &Mutex<Option<Trouble>>) {
    let Ok(mut server) = TcpStream::connect(upstream).await else { return };
    let (mut request, mut answer) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    if strike(trouble, Trouble::Reset) {
                        // Closing with no time to linger is a reset.
                        let _ = client.set_zero_linger();
                        return;
                    }
                    if server.write_all(&request[..length]).await.is_err() {
                        return;
                    }
                }
            },
            read = server.read(&mut answer) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    let slow = match *trouble.lock().unwrap() {
                        Some(Trouble::Slow(late)) => late,
                        _ => Duration::ZERO,
                    };
                    tokio::time::sleep(slow).await;
                    if strike(trouble, Trouble::Half) {
                        let _ = client.write_all(&answer[..length / 2]).await;
                        return;
                    }
                    if client.write_all(&answer[..length]).await.is_err() {
                        return;
                    }
                }
            },
        }
    }
}
