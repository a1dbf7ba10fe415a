//! The codecs through the public surface: every form real clients send, and bombs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test helpers")]

use std::io::Write;

use assay_record::{BatchError, Compression, InflateLimits, SnappyFraming, compress, inflate};
use bytes::Bytes;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

const MIB: usize = 1 << 20;

fn limits(inflated_bytes_max: usize) -> InflateLimits {
    InflateLimits { inflated_bytes_max }
}

fn run(codec: Compression, data: impl Into<Bytes>, max: usize) -> Result<Bytes, BatchError> {
    inflate(codec, &data.into(), &limits(max))
}

fn sample(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|i| if i / 64 % 2 == 0 { (i % 7) as u8 } else { noise() }).collect()
}

/// Reads back at exactly the cap, refused one byte below it.
fn check(name: &str, codec: Compression, compressed: Vec<u8>, expected: &[u8]) {
    let compressed = Bytes::from(compressed);
    let got = run(codec, compressed.clone(), expected.len()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(got == expected, "{name}");
    if let Some(limit) = expected.len().checked_sub(1) {
        assert_eq!(
            run(codec, compressed, limit),
            Err(BatchError::InflatedTooLarge { limit }),
            "{name}: one below"
        );
    }
}

fn corrupt(name: &str, codec: Compression, data: impl Into<Bytes>) {
    let got = run(codec, data, MIB).map(|out| out.len());
    assert!(matches!(got, Err(BatchError::Codec { .. })), "{name}: {got:?}");
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    e.write_all(data).unwrap();
    e.finish().unwrap()
}

fn lz4(info: FrameInfo, data: &[u8]) -> Vec<u8> {
    let mut e = FrameEncoder::with_frame_info(info, Vec::new());
    e.write_all(data).unwrap();
    e.finish().unwrap()
}

fn xerial(blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01".to_vec();
    for block in blocks {
        let compressed = snap::raw::Encoder::new().compress_vec(block).unwrap();
        out.extend_from_slice(&(compressed.len() as u32).to_be_bytes());
        out.extend_from_slice(&compressed);
    }
    out
}

#[test]
fn what_we_write_reads_back() {
    for codec in Compression::ALL {
        for framing in [SnappyFraming::Raw, SnappyFraming::Xerial] {
            for len in [0, 1, 100, 65_535, 65_536, 65_537, 300_000] {
                let data = sample(len);
                let compressed = compress(codec, &data, framing).unwrap();
                check(&format!("{codec} {framing:?} {len}"), codec, compressed, &data);
            }
        }
    }
}

#[test]
fn gzip_forms() {
    let (a, b) = (sample(70_000), sample(3));
    let both = [a.clone(), b.clone()].concat();
    check("concatenated members", Compression::Gzip, [gzip(&a), gzip(&b)].concat(), &both);
    let named = flate2::GzBuilder::new().filename("x").comment("y").extra(vec![1; 9]);
    let mut e = named.write(Vec::new(), flate2::Compression::none());
    e.write_all(&a).unwrap();
    check("stored, with a name", Compression::Gzip, e.finish().unwrap(), &a);
    corrupt("cut short", Compression::Gzip, gzip(&a)[..100].to_vec());
    corrupt("no trailer", Compression::Gzip, gzip(&a)[..gzip(&a).len() - 4].to_vec());
    corrupt("not gzip", Compression::Gzip, sample(50));
    let mut wrong = gzip(&a);
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    corrupt("wrong CRC-32", Compression::Gzip, wrong);
}

#[test]
fn snappy_forms() {
    let (a, b) = (sample(32_768), sample(999));
    let both = [a.clone(), b.clone()].concat();
    check("two blocks", Compression::Snappy, xerial(&[&a, &b]), &both);
    check("two streams", Compression::Snappy, [xerial(&[&a]), xerial(&[&b])].concat(), &both);
    check("a stream without blocks", Compression::Snappy, xerial(&[]), b"");
    corrupt("header cut short", Compression::Snappy, xerial(&[])[..12].to_vec());
    corrupt("block cut short", Compression::Snappy, xerial(&[&a])[..900].to_vec());
    corrupt("length cut short", Compression::Snappy, xerial(&[&a])[..18].to_vec());
    corrupt("negative block length", Compression::Snappy, [xerial(&[]), vec![0xff; 8]].concat());
    corrupt("empty", Compression::Snappy, vec![]);
}

#[test]
fn lz4_forms() {
    let data = sample(700_000);
    for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB] {
        for checksums in 0..8u8 {
            let info = FrameInfo::new()
                .block_size(size)
                .block_mode(BlockMode::Independent)
                .block_checksums(checksums & 1 != 0)
                .content_checksum(checksums & 2 != 0)
                .content_size((checksums & 4 != 0).then_some(data.len() as u64));
            let frame = lz4(info, &data);
            let name = format!("{size:?} {checksums:03b}");
            corrupt(&format!("{name} cut"), Compression::Lz4, frame[..frame.len() - 1].to_vec());
            corrupt(&format!("{name} trailing"), Compression::Lz4, [&frame[..], b"x"].concat());
            check(&name, Compression::Lz4, frame, &data);
        }
    }
    let noise = {
        let mut state = 9u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..100_000).map(|_| next()).collect::<Vec<u8>>()
    };
    check("stored blocks", Compression::Lz4, lz4(FrameInfo::new().content_checksum(true), &noise), &noise);
    corrupt("linked blocks", Compression::Lz4, lz4(FrameInfo::new().block_mode(BlockMode::Linked), &data));
    corrupt("legacy frame", Compression::Lz4, [&0x184C_2102u32.to_le_bytes()[..], &[0; 12]].concat());
    corrupt("not lz4", Compression::Lz4, sample(64));
    corrupt("empty", Compression::Lz4, vec![]);
}

#[test]
fn lz4_notices_every_damaged_byte_of_a_checked_frame() {
    let info = FrameInfo::new().block_checksums(true).content_checksum(true).content_size(Some(500));
    let data = sample(500);
    let frame = lz4(info, &data);
    for at in 0..frame.len() {
        let mut damaged = frame.clone();
        damaged[at] ^= 0x10;
        assert!(run(Compression::Lz4, damaged, MIB).is_err(), "byte {at}");
    }
}

#[test]
fn zstd_forms() {
    let data = sample(700_000);
    let streamed = zstd::stream::encode_all(&data[..], 3).unwrap();
    assert_eq!(zstd::zstd_safe::get_frame_content_size(&streamed).ok().flatten(), None);
    check("no content size", Compression::Zstd, streamed.clone(), &data);
    for level in [1, 19, 22] {
        let mut e = zstd::stream::Encoder::new(Vec::new(), level).unwrap();
        e.include_checksum(true).unwrap();
        e.write_all(&data).unwrap();
        check(&format!("level {level}, checksum"), Compression::Zstd, e.finish().unwrap(), &data);
    }
    let twice = [&data[..], &data[..]].concat();
    check("two frames", Compression::Zstd, [&streamed[..], &streamed[..]].concat(), &twice);
    let skippable = [&0x184D_2A53u32.to_le_bytes()[..], &3u32.to_le_bytes(), b"abc", &streamed].concat();
    check("skippable frame", Compression::Zstd, skippable, &data);
    corrupt("cut short", Compression::Zstd, streamed[..streamed.len() - 1].to_vec());
    corrupt("trailing", Compression::Zstd, [&streamed[..], b"x"].concat());
    corrupt("not zstd", Compression::Zstd, sample(64));
}

#[test]
fn bombs_stop_at_the_cap() {
    let zeros = vec![0u8; 16 * MIB];
    let limit = MIB;
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let bomb = Bytes::from(compress(codec, &zeros, SnappyFraming::Xerial).unwrap());
        assert!(matches!(run(codec, bomb, limit), Err(BatchError::InflatedTooLarge { .. })), "{codec}");
    }
    assert!(run(Compression::None, zeros, limit).is_err());
}

#[test]
fn claims_cost_nothing() {
    // 4 GiB claimed in five bytes: refused by the ratio, whatever the cap.
    let claim = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
    let unlimited = usize::MAX;
    let raw = run(Compression::Snappy, claim.to_vec(), unlimited);
    assert!(matches!(raw, Err(BatchError::Codec { .. })), "{raw:?}");
    let mut framed = xerial(&[]);
    framed.extend_from_slice(&8u32.to_be_bytes());
    framed.extend_from_slice(&claim);
    let framed = run(Compression::Snappy, framed, unlimited);
    assert!(matches!(framed, Err(BatchError::Codec { .. })), "{framed:?}");
    // An lz4 frame and a zstd frame that say they hold 2^62 bytes.
    let mut lz4_claim =
        [&0x184D_2204u32.to_le_bytes()[..], &[0x68, 0x40], &(1u64 << 62).to_le_bytes()].concat();
    lz4_claim.push((twox_hash::XxHash32::oneshot(0, &lz4_claim[4..]) >> 8) as u8);
    lz4_claim.extend_from_slice(&[0; 4]);
    assert!(run(Compression::Lz4, lz4_claim, unlimited).is_err());
    let zstd_claim =
        [&0xFD2F_B528u32.to_le_bytes()[..], &[0b1110_0000], &(1u64 << 62).to_le_bytes(), &[1, 0, 0]];
    assert!(run(Compression::Zstd, zstd_claim.concat(), unlimited).is_err());
    // A zstd frame that asks for a window of 3.75 TiB and holds one byte.
    let window = [&0xFD2F_B528u32.to_le_bytes()[..], &[0], &[0xff], &[0b0000_1001, 0, 0], b"a"].concat();
    let got = run(Compression::Zstd, window, unlimited);
    assert!(got.is_err() || got.as_deref() == Ok(b"a"), "{got:?}");
}
