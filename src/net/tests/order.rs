//! Requests are dispatched and answered in order; a full queue mutes the connection; a panic costs one connection.

use crate::toy;

use assay_net::{NetConfig, NetStats};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn answers_come_in_the_order_of_requests() {
    let served = toy::start(NetConfig::default());
    let mut client = served.client().await;
    client.send(1, "later").await;
    client.send(2, "echo").await;
    client.send(3, "later").await;
    client.send(4, "none").await;
    client.send(5, "none later").await;
    client.send(6, "echo").await;
    // All are dispatched although the first waits.
    served.until(|s| s.seen() == 6).await;
    served.toy.gate.add_permits(2);
    for id in [1, 2, 3, 6] {
        assert_eq!(client.receive().await.unwrap().0, id);
    }
}

#[tokio::test]
async fn stage_one_is_one_at_a_time() {
    let served = toy::start(NetConfig::default());
    let mut client = served.client().await;
    client.send(1, "slow").await;
    client.send(2, "echo").await;
    served.until(|s| s.seen() == 1).await;
    // Another connection is not held up.
    served.client().await.echo(9).await;
    assert_eq!(served.seen(), 2);
    served.toy.gate.add_permits(1);
    assert_eq!(client.receive().await.unwrap().0, 1);
    assert_eq!(client.receive().await.unwrap().0, 2);
}

#[tokio::test]
async fn a_full_queue_mutes_the_connection_and_only_it() {
    let served = toy::start(NetConfig { in_flight_max: 4, ..NetConfig::default() });
    let mut client = served.client().await;
    for id in 0..20 {
        client.send(id, "later").await;
    }
    // Four in the queue and one taken out of it by the writer.
    served.until(|s| s.seen() == 5).await;
    served.client().await.echo(99).await;
    assert_eq!(served.seen(), 6);
    served.toy.gate.add_permits(20);
    for id in 0..20 {
        assert_eq!(client.receive().await.unwrap().0, id);
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_muted() {
    let config = NetConfig { in_flight_max: 1000, unsent_bytes_max: 1 << 20, ..NetConfig::default() };
    let served = toy::start(config);
    let mut client = served.client().await;
    for id in 0..100 {
        client.send(id, "big").await;
    }
    // The kernel's buffers take some answers of 4 MiB; then one is over the limit, and no more are made.
    served.until(|s| s.seen() > 0).await;
    served.client().await.echo(7).await;
    let seen = served.seen();
    assert!(seen < 20, "{seen} answers of 4 MiB were made for a client that reads none");
    for _ in 0..100 {
        assert_eq!(client.receive().await.unwrap().1.len(), 4 << 20);
    }
}

#[tokio::test]
async fn a_panic_closes_the_connection_and_nothing_else() {
    let served = toy::start(NetConfig::default());
    for (n, command) in ["panic at once", "panic", "panic later"].into_iter().enumerate() {
        let mut client = served.client().await;
        client.echo(1).await;
        client.send(2, command).await;
        assert_eq!(client.rest().await, b"", "{command}");
        served.until(|s| NetStats::get(&s.stats.panicked) == n as u64 + 1).await;
        served.client().await.echo(3).await;
    }
}

#[tokio::test]
async fn a_handler_may_close_after_the_earlier_answers() {
    let served = toy::start(NetConfig::default());
    for command in ["close", "close later"] {
        let mut client = served.client().await;
        client.send(1, "echo").await;
        client.send(2, command).await;
        client.send(3, "echo").await;
        assert_eq!(client.receive().await.unwrap().0, 1);
        assert_eq!(client.receive().await, None, "{command}");
    }
}

#[tokio::test]
async fn a_half_closed_client_gets_its_answers() {
    let served = toy::start(NetConfig::default());
    let mut client = served.client().await;
    client.send(1, "later").await;
    client.send(2, "echo").await;
    client.socket.shutdown().await.unwrap();
    served.until(|s| s.seen() == 2).await;
    served.toy.gate.add_permits(1);
    assert_eq!(client.receive().await.unwrap().0, 1);
    assert_eq!(client.receive().await.unwrap().0, 2);
    assert_eq!(client.receive().await, None);
    served.until(|s| *s.toy.gone.lock().unwrap() == [1]).await;
}

#[tokio::test]
async fn a_client_that_goes_away_is_forgotten() {
    let served = toy::start(NetConfig { half_closed_ms: 20, ..NetConfig::default() });
    let mut client = served.client().await;
    client.send(1, "later").await;
    served.until(|s| s.seen() == 1).await;
    drop(client);
    // The answer never comes; the connection ends all the same.
    served.until(|s| s.open() == 0 && *s.toy.gone.lock().unwrap() == [1]).await;
}

#[tokio::test]
async fn the_context_says_who_and_where() {
    let served = toy::start(NetConfig::default());
    let mut client = served.client().await;
    client.echo(77).await;
    let contexts = served.toy.contexts.lock().unwrap();
    let cx = &contexts[0];
    assert_eq!(cx.header.correlation_id, 77);
    assert_eq!(&*cx.client_id, "toy");
    assert_eq!(&*cx.principal, "User:ANONYMOUS");
    assert_eq!(cx.peer, client.socket.local_addr().unwrap());
    assert_eq!(cx.listener.advertised, ("localhost".to_owned(), served.address.port()));
}
