//! `meta.properties`: cluster id, node id and format version, in Kafka's file format, so that a directory can be told
//! from another node's and Kafka's own tools recognise it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use super::MetadataError;

const FILE: &str = "meta.properties";
const VERSION: &str = "1";

/// The content of `meta.properties`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeProperties {
    pub(crate) cluster_id: String,
    pub(crate) node_id: i32,
}

/// Reads the file, or creates it with a new cluster id.
///
/// # Errors
/// I/O; a file of another format version or node id (then this is another node's directory).
pub(crate) fn load_or_create(dir: &Path, node_id: i32) -> Result<NodeProperties, MetadataError> {
    let path = dir.join(FILE);
    let damaged =
        |reason: String| MetadataError::Damaged { path: path.display().to_string(), position: 0, reason };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let map: BTreeMap<&str, &str> = text
                .lines()
                .filter(|l| !l.starts_with('#'))
                .filter_map(|l| l.split_once('='))
                .map(|(k, v)| (k.trim(), v.trim()))
                .collect();
            if map.get("version") != Some(&VERSION) {
                return Err(damaged(format!("expected version={VERSION}")));
            }
            let cluster_id = map.get("cluster.id").ok_or_else(|| damaged("no cluster.id".into()))?;
            let found = map.get("node.id").and_then(|v| v.parse::<i32>().ok());
            if found != Some(node_id) {
                return Err(damaged(format!(
                    "the directory belongs to node.id={}, this node is {node_id}",
                    map.get("node.id").copied().unwrap_or("?")
                )));
            }
            Ok(NodeProperties { cluster_id: (*cluster_id).to_owned(), node_id })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let made = NodeProperties { cluster_id: new_cluster_id(), node_id };
            let text =
                format!("version={VERSION}\ncluster.id={}\nnode.id={}\n", made.cluster_id, made.node_id);
            write_atomically(dir, FILE, text.as_bytes())?;
            Ok(made)
        }
        Err(e) => Err(MetadataError::io(&path, e)),
    }
}

/// Writes `dir/name` so that a crash leaves the old content or the new, never a mixture.
pub(crate) fn write_atomically(dir: &Path, name: &str, content: &[u8]) -> Result<(), MetadataError> {
    let temporary = dir.join(format!("{name}.tmp"));
    let target = dir.join(name);
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        fs::File::open(dir)?.sync_all()
    };
    write().map_err(|e| MetadataError::io(&target, e))
}

/// A random id in Kafka's form: 16 bytes, URL-safe base64, no padding, not beginning with a dash.
fn new_cluster_id() -> String {
    loop {
        let text = crate::uuid_text(*uuid::Uuid::new_v4().as_bytes());
        if !text.starts_with('-') {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_once_and_bound_to_the_node() {
        let dir = tempfile::tempdir().unwrap();
        let made = load_or_create(dir.path(), 1).unwrap();
        assert_eq!(made.cluster_id.len(), 22);
        assert_eq!(load_or_create(dir.path(), 1).unwrap(), made);
        assert!(load_or_create(dir.path(), 2).is_err());
    }
}
