//! A registry for the bench: over HTTP, with one schema, which is its answer to every request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// Starts the registry and says its URL. It lives as long as the process.
///
/// # Errors
/// No port can be had.
pub fn registry(schema: &str) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let answer = serde_json::json!({
        "subject": "orders-value", "version": 1, "id": 1, "guid": "f4c0a6a2-1111-4222-8333-944455556666",
        "schemaType": "AVRO", "schema": schema,
    })
    .to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || serve(&stream, &answer));
        }
    });
    Ok(url)
}

/// Answers the requests of a connection until it ends.
fn serve(stream: &TcpStream, answer: &str) -> Option<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.schemaregistry.v1+json";
        let all = format!("{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
        writer.write_all(all.as_bytes()).ok()?; // at once, or the connection waits for an acknowledgement
    }
}
