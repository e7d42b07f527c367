-- +goose Up

-- What somebody left over a part of a run is found by its buckets.
drop index run_finding_run;
create index run_finding_run on run_finding (run, bucket);

-- +goose Down
drop index run_finding_run;
create index run_finding_run on run_finding (run);
