package compliance

import (
	"context"
	"maps"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// staff are the workers, as records or resources say them.
func (j *judge) staff(ctx context.Context) ([]staffer, error) {
	records, err := j.Records.StaffRecords(ctx, j.o.Known)
	if err != nil {
		return nil, err
	}
	resources, err := j.Records.StaffResources(ctx, j.o.Known)
	if err != nil {
		return nil, err
	}
	nodes, err := linked(resources)
	if err != nil {
		return nil, err
	}
	return readStaff(records, nodes)
}

// bucket judges the children of one bucket: those with records, and those of whom
// only resources or spans are known.
func (j *judge) bucket(ctx context.Context, bucket int, found func(*gateway.Found) error) error {
	others, err := j.others(ctx, bucket)
	if err != nil {
		return err
	}
	judged := func(person string, records []gateway.StoredRecord) error {
		from := others[person]
		delete(others, person)
		from.records = records
		if len(records)+len(from.resources)+len(from.spans) > 0 {
			j.sum.Children++
		}
		j.sum.Records += int64(len(records) + len(from.resources))
		return j.child(person, from, found)
	}
	if err := j.Records.StreamRecords(ctx, bucket, bucket, j.o.Known, judged); err != nil {
		return err
	}
	for _, person := range slices.Sorted(maps.Keys(others)) {
		if err := judged(person, nil); err != nil {
			return err
		}
	}
	return nil
}

// others is what is known of the children of a bucket beside their records.
func (j *judge) others(ctx context.Context, bucket int) (map[string]source, error) {
	out := map[string]source{}
	err := j.Records.StreamEnrolled(ctx, bucket, bucket, j.o.Known, func(person string, span ledger.Span) error {
		if span.Start <= ledger.Day(j.asOf) && ledger.Day(j.asOf) <= span.End {
			from := out[person]
			from.spans = append(from.spans, span)
			out[person] = from
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = j.Records.StreamDecisions(ctx, bucket, bucket, j.o.Known, func(person string, a ledger.Auth) error {
		from := out[person]
		from.decisions = append(from.decisions, a)
		out[person] = from
		return nil
	})
	if err != nil {
		return nil, err
	}
	var private []*privacy
	err = j.Records.StreamResources(ctx, bucket, j.o.Known, func(person string, rs []gateway.StoredResource) error {
		nodes, err := linked(rs)
		if err != nil {
			return err
		}
		from := out[person]
		from.resources, from.privacy = readWritten(nodes), readPrivacy(nodes, j.asOf)
		if from.privacy != nil {
			private = append(private, from.privacy)
		}
		if len(from.resources) > 0 || from.privacy != nil {
			out[person] = from
		}
		return nil
	})
	if err == nil && len(private) > 0 {
		err = j.introduce(ctx, private)
	}
	return out, err
}
