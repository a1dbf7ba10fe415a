//! Shutdown stops accepting and reading, lets requests in flight finish, and ends in bounded time.

use crate::toy;

use assay_net::NetConfig;
use tokio::net::TcpStream;

#[tokio::test]
async fn requests_in_flight_are_answered() {
    let served = toy::start(NetConfig::default());
    let mut idle = served.client().await;
    idle.echo(1).await;
    let mut busy = served.client().await;
    busy.send(2, "later").await;
    let mut slow = served.client().await;
    slow.send(3, "slow").await;
    served.until(|s| s.seen() == 3).await;

    served.shutdown.send(true).unwrap();
    assert_eq!(idle.receive().await, None);
    served.toy.gate.add_permits(2);
    assert_eq!(busy.receive().await.unwrap().0, 2);
    assert_eq!(slow.receive().await.unwrap().0, 3);
    assert_eq!(busy.receive().await, None);
    assert_eq!(slow.receive().await, None);
    served.done.await.unwrap().unwrap();
    assert_eq!(served.toy.gone.lock().unwrap().len(), 3);
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn what_does_not_finish_is_cut_off() {
    let served = toy::start(NetConfig { drain_ms: 30, ..NetConfig::default() });
    let mut later = served.client().await;
    later.send(1, "later").await;
    let mut stuck = served.client().await;
    stuck.send(2, "slow").await;
    served.until(|s| s.seen() == 2).await;
    served.shutdown.send(true).unwrap();
    served.done.await.unwrap().unwrap();
    assert_eq!(later.rest().await, b"");
    assert_eq!(stuck.rest().await, b"");
    assert_eq!(served.toy.gone.lock().unwrap().len(), 2);
    assert_eq!(assay_net::NetStats::get(&served.stats.connections), 0);
}

#[tokio::test]
async fn a_half_sent_frame_does_not_hold_up_shutdown() {
    let served = toy::start(NetConfig::default());
    let mut client = served.client().await;
    client.echo(1).await;
    client.send_raw(&toy::request(2, b"echo")[..7]).await;
    served.shutdown.send(true).unwrap();
    assert_eq!(client.receive().await, None);
    drop(client);
    served.done.await.unwrap().unwrap();
}

#[tokio::test]
async fn without_the_asking_side_serving_goes_on() {
    let toy::Served { address, shutdown, done, .. } = toy::start(NetConfig::default());
    drop(shutdown);
    let mut client = toy::Client { socket: TcpStream::connect(address).await.unwrap() };
    client.echo(1).await;
    assert!(!done.is_finished());
    done.abort();
}
