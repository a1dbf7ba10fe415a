//! Kafka record batch v2: iterate and rebuild, CRC-32C, codecs with an output cap.
