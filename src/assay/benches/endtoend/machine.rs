//! The server under test: pinned to one core, its data in memory; this program on the other core. What the server's process has used.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

use crate::support::{self, Server};

/// Core of the server, and of the load.
const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

/// Pins this program; threads begun from now on stay with it.
pub(crate) fn pin_load() {
    let id = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-a", "-c", "-p", LOAD_CORE, &id]).output();
    let pinned = pinned.expect("taskset (util-linux) pins processes");
    assert!(pinned.status.success(), "{}", String::from_utf8_lossy(&pinned.stderr));
}

/// A running, pinned server; gone with its data when dropped.
pub(crate) struct Pinned {
    pub(crate) server: Server,
    _dir: tempfile::TempDir,
}

impl Pinned {
    pub(crate) fn start(more: &[&str]) -> Pinned {
        let memory = PathBuf::from("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE, &support::binary()]).env_remove("ASSAY_CONFIG");
        let server = Server::launch(command, &dir.path().join("data"), more);
        Pinned { server, _dir: dir }
    }

    pub(crate) fn bootstrap(&self) -> String {
        self.server.kafka.to_string()
    }

    pub(crate) fn registry(&self) -> String {
        format!("http://{}", self.server.http)
    }

    /// Makes a topic with one partition and these configs.
    pub(crate) fn create_topic(&self, name: &str, configs: &[(&str, &str)]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", self.bootstrap()).create().unwrap();
        let mut topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
        for (key, value) in configs {
            topic = topic.set(key, value);
        }
        runtime.block_on(admin.create_topics(&[topic], &AdminOptions::new())).unwrap()[0].clone().unwrap();
    }

    pub(crate) fn delete_topic(&self, name: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", self.bootstrap()).create().unwrap();
        runtime.block_on(admin.delete_topics(&[name], &AdminOptions::new())).unwrap()[0].clone().unwrap();
    }

    /// Processor time of the server so far: user and system of all its threads, from `/proc/<pid>/stat` (in hundredths of a second).
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.server.child.id())).unwrap();
        // The second field is the program's name in brackets, which may hold anything.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
        Duration::from_millis(10 * (ticks(11) + ticks(12)))
    }
}
