// The whole life of a subject with franz-go's registry client, and a round trip of framed records with its Kafka client.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

var failed int

func check(name string, scene func(c *sr.Client, s string)) {
	defer func() {
		if problem := recover(); problem != nil {
			failed++
			fmt.Printf("not ok - go %s\n  %v\n", name, problem)
		}
	}()
	c, err := sr.NewClient(sr.URLs(os.Getenv("ASSAY_HTTP")))
	fine(err)
	scene(c, "go-"+strings.ReplaceAll(name, " ", "-"))
	fmt.Printf("ok - go %s\n", name)
}

func fine(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](value T, err error) T {
	fine(err)
	return value
}

func same(expected, got any) {
	if !reflect.DeepEqual(expected, got) {
		panic(fmt.Sprintf("expected %v, got %v", expected, got))
	}
}

func refused(code int, err error) {
	var response *sr.ResponseError
	if !errors.As(err, &response) {
		panic(fmt.Sprintf("expected error code %d, got %v", code, err))
	}
	same(code, response.ErrorCode)
}

func record(fields ...string) sr.Schema {
	var rows []string
	for _, f := range fields {
		rows = append(rows, fmt.Sprintf(`{"name":"%s","type":"string","default":""}`, f))
	}
	return sr.Schema{Schema: `{"type":"record","name":"R","namespace":"life","fields":[` + strings.Join(rows, ",") + `]}`}
}

var ctx = context.Background()
var incompatible = sr.Schema{Schema: `{"type":"record","name":"R","namespace":"life","fields":[{"name":"n","type":"int"}]}`}

func versions(c *sr.Client, s string) {
	first := must(c.CreateSchema(ctx, s, record("a")))
	second := must(c.CreateSchema(ctx, s, record("a", "b")))
	third := must(c.CreateSchema(ctx, s, record("a", "b", "c")))
	same(first.ID, must(c.CreateSchema(ctx, s, record("a"))).ID)
	same([]int{1, 2, 3}, must(c.SubjectVersions(ctx, s)))
	same(third.ID, must(c.SchemaByVersion(ctx, s, -1)).ID)
	same(record("a", "b").Schema, must(c.SchemaTextByVersion(ctx, s, 2)))
	same(record("a").Schema, must(c.SchemaTextByID(ctx, first.ID)))
	same(record("a", "b").Schema, must(c.SchemaByID(ctx, second.ID)).Schema)
	same(2, must(c.LookupSchema(ctx, s, record("a", "b"))).Version)
	same(3, len(must(c.Schemas(ctx, s))))
	same(true, slices.Contains(must(c.SubjectsByID(ctx, first.ID)), s))
	same(true, slices.Contains(must(c.SchemaVersionsByID(ctx, second.ID)), sr.SubjectVersion{Subject: s, Version: 2}))
	same(true, slices.Contains(must(c.Subjects(ctx)), s))
	same(3, len(must(c.SupportedTypes(ctx))))
	same(true, len(must(c.AllSchemas(ctx))) >= 3)
	_, err := c.LookupSchema(ctx, s, record("zzz"))
	refused(40403, err)
	_, err = c.SchemaByVersion(ctx, s, 9)
	refused(40402, err)
	_, err = c.SubjectVersions(ctx, s+"-none")
	refused(40401, err)
}

func compatibility(c *sr.Client, s string) {
	must(c.CreateSchema(ctx, s, record("a")))
	same(true, must(c.CheckCompatibility(ctx, s, -1, record("a", "b"))).Is)
	verbose := must(c.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), s, 1, incompatible))
	same(false, verbose.Is)
	same(true, len(verbose.Messages) > 0)
	_, err := c.CreateSchema(ctx, s, incompatible)
	refused(409, err)
	fine(c.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone, Group: "g"}, s)[0].Err)
	got := c.Compatibility(ctx, s)[0]
	fine(got.Err)
	same(sr.CompatNone, got.Level)
	same("g", got.Group)
	must(c.CreateSchema(ctx, s, incompatible))
	fine(c.ResetCompatibility(ctx, s)[0].Err)
	same(sr.CompatBackward, c.Compatibility(ctx)[0].Level)
}

func modes(c *sr.Client, s string) {
	same(sr.ModeReadWrite, c.Mode(ctx)[0].Mode)
	fine(c.SetMode(ctx, sr.ModeReadOnly, s)[0].Err)
	_, err := c.CreateSchema(ctx, s, record("a"))
	refused(42205, err)
	fine(c.ResetMode(ctx, s)[0].Err)
	fine(c.SetMode(ctx, sr.ModeImport, s)[0].Err)
	imported := must(c.CreateSchemaWithIDAndVersion(ctx, s, record("imported"), 8001, 4))
	same([]int{8001, 4}, []int{imported.ID, imported.Version})
}

func deletes(c *sr.Client, s string) {
	must(c.CreateSchema(ctx, s, record("a")))
	must(c.CreateSchema(ctx, s, record("a", "b")))
	fine(c.DeleteSchema(ctx, s, 1, sr.SoftDelete))
	same([]int{2}, must(c.SubjectVersions(ctx, s)))
	same([]int{1, 2}, must(c.SubjectVersions(sr.WithParams(ctx, sr.ShowDeleted), s)))
	refused(40406, c.DeleteSchema(ctx, s, 1, sr.SoftDelete))
	refused(40407, c.DeleteSchema(ctx, s, 2, sr.HardDelete))
	fine(c.DeleteSchema(ctx, s, 1, sr.HardDelete))
	same([]int{2}, must(c.DeleteSubject(ctx, s, sr.SoftDelete)))
	same(false, slices.Contains(must(c.Subjects(ctx)), s))
	same([]int{2}, must(c.DeleteSubject(ctx, s, sr.HardDelete)))
	_, err := c.SubjectVersions(sr.WithParams(ctx, sr.ShowDeleted), s)
	refused(40401, err)
}

func references(c *sr.Client, s string) {
	item := sr.Schema{Schema: `{"type":"record","name":"Item","namespace":"life","fields":[]}`}
	must(c.CreateSchema(ctx, s+"-item", item))
	order := sr.Schema{
		Schema:     `{"type":"record","name":"Order","namespace":"life","fields":[{"name":"i","type":"Item"}]}`,
		References: []sr.SchemaReference{{Name: "life.Item", Subject: s + "-item", Version: 1}},
	}
	created := must(c.CreateSchema(ctx, s, order))
	same(order.References, must(c.SchemaByVersion(ctx, s, 1)).References)
	referrers := must(c.SchemaReferences(ctx, s+"-item", 1))
	same(created.ID, referrers[0].ID)
	refused(42206, c.DeleteSchema(ctx, s+"-item", 1, sr.SoftDelete))
}

func contexts(c *sr.Client, s string) {
	inside := ":.go:" + s
	// CreateSchema would look the id up in the default context, where it may be another schema's.
	id := must(c.RegisterSchema(ctx, inside, record("in", "a", "context"), -1, -1))
	same(true, slices.Contains(must(c.Contexts(ctx)), ".go"))
	scoped := must(sr.NewClient(sr.URLs(os.Getenv("ASSAY_HTTP") + "/contexts/.go")))
	same([]string{inside}, must(scoped.Subjects(ctx)))
	same(id, must(scoped.SchemaByVersion(ctx, s, 1)).ID)
	same(1, must(scoped.LookupSchema(ctx, s, record("in", "a", "context"))).Version)
	fine(scoped.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, s)[0].Err)
	same(sr.CompatNone, c.Compatibility(ctx, inside)[0].Level)
	fine(scoped.SetMode(ctx, sr.ModeReadOnly, s)[0].Err)
	_, err := scoped.RegisterSchema(ctx, s, record("not", "now"), -1, -1)
	refused(42205, err)
	fine(scoped.ResetMode(ctx, s)[0].Err)
	same([]int{1}, must(scoped.DeleteSubject(ctx, s, sr.SoftDelete)))
	same([]int{1}, must(scoped.DeleteSubject(ctx, s, sr.HardDelete)))
	same(0, len(must(scoped.Subjects(ctx))))
}

func normalized(c *sr.Client, s string) {
	first := sr.Schema{Schema: `{"type":"record","name":"R","doc":"d","fields":[],"b":1,"a":2}`}
	second := sr.Schema{Schema: `{"fields":[],"type":"record","doc":"d","name":"R","a":2,"b":1}`}
	normal := sr.WithParams(ctx, sr.Normalize)
	id := must(c.CreateSchema(normal, s, first)).ID
	same(id, must(c.CreateSchema(normal, s, second)).ID)
	same(1, must(c.LookupSchema(normal, s, second)).Version)
	same([]int{1}, must(c.SubjectVersions(ctx, s)))
}

func records(c *sr.Client, s string) {
	schema := must(c.CreateSchema(ctx, s+"-value", record("a")))
	client := must(kgo.NewClient(kgo.SeedBrokers(os.Getenv("ASSAY_KAFKA")), kgo.AllowAutoTopicCreation(),
		kgo.ConsumerGroup("g-"+s), kgo.ConsumeTopics(s), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())))
	defer client.Close()
	var header sr.ConfluentHeader
	good := append(must(header.AppendEncode(nil, schema.ID, nil)), 2, 'x')
	const count = 1000
	for n := 0; n < count; n++ {
		client.Produce(ctx, &kgo.Record{Topic: s, Value: good}, func(_ *kgo.Record, err error) { fine(err) })
	}
	fine(client.Flush(ctx))
	err := client.ProduceSync(ctx, &kgo.Record{Topic: s, Value: good[:6]}).FirstErr()
	if !errors.Is(err, kerr.InvalidRecord) {
		panic(fmt.Sprintf("expected INVALID_RECORD, got %v", err))
	}
	fine(client.ProduceSync(ctx, &kgo.Record{Topic: s, Value: good}).FirstErr())
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for seen := int64(0); seen < count+1; {
		fetches := client.PollFetches(limited)
		fine(fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			same(seen, r.Offset)
			same(good, r.Value)
			seen++
		})
	}
	fine(client.CommitUncommittedOffsets(ctx))
}

// Idempotent is franz-go's default. It fails what it has buffered for the partition together with a refused batch: what it calls failed
// is not stored, and it goes on.
func goesOn(c *sr.Client, s string) {
	schema := must(c.CreateSchema(ctx, s+"-value", record("a")))
	client := must(kgo.NewClient(kgo.SeedBrokers(os.Getenv("ASSAY_KAFKA")), kgo.AllowAutoTopicCreation(), kgo.DefaultProduceTopic(s),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0), kgo.ProducerBatchMaxBytes(1024)))
	defer client.Close()
	var header sr.ConfluentHeader
	good := append(must(header.AppendEncode(nil, schema.ID, nil)), 2, 'x')
	stored := int64(0)
	for round := 0; round < 3; round++ {
		for n := 0; n < 5; n++ {
			same(stored, must(client.ProduceSync(ctx, &kgo.Record{Value: good}).First()).Offset)
			stored++
		}
		var results []error
		var offsets []int64
		for n := 0; n < 300; n++ {
			value := good
			if n == 120 {
				value = good[:6]
			}
			client.Produce(ctx, &kgo.Record{Value: value}, func(r *kgo.Record, err error) {
				results, offsets = append(results, err), append(offsets, r.Offset)
			})
		}
		fine(client.Flush(ctx))
		same(300, len(results))
		same(true, errors.Is(results[120], kerr.InvalidRecord))
		for n, err := range results {
			if err == nil {
				same(stored, offsets[n])
				stored++
			} else if !errors.Is(err, kerr.InvalidRecord) {
				panic(fmt.Sprintf("record %d: %v", n, err))
			}
		}
	}
	same(stored, must(client.ProduceSync(ctx, &kgo.Record{Value: good}).First()).Offset)
}

func transactional(_ *sr.Client, s string) {
	client := must(kgo.NewClient(kgo.SeedBrokers(os.Getenv("ASSAY_KAFKA")), kgo.AllowAutoTopicCreation(), kgo.TransactionalID(s)))
	defer client.Close()
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := client.BeginTransaction()
	if err == nil {
		err = client.ProduceSync(limited, &kgo.Record{Topic: s, Value: []byte("x")}).FirstErr()
	}
	if !errors.Is(err, kerr.TransactionalIDAuthorizationFailed) {
		panic(fmt.Sprintf("expected TRANSACTIONAL_ID_AUTHORIZATION_FAILED, got %v", err))
	}
}

func main() {
	check("versions", versions)
	check("compatibility", compatibility)
	check("modes", modes)
	check("deletes", deletes)
	check("references", references)
	check("contexts", contexts)
	check("normalized", normalized)
	check("records", records)
	check("idempotent producer goes on after refusals", goesOn)
	check("transactional producer is refused", transactional)
	if failed > 0 {
		os.Exit(1)
	}
}
