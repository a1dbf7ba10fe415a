//! What producers and consumers import: Confluent-framed serializers and deserializers.
