package main

import (
	"fmt"
	"strings"
	"time"
)

// result are the figures of one population.
type result struct {
	lines int64
	names []string
	ways  map[string]cost
}

func (r *result) add(name string, c cost) {
	r.names = append(r.names, name)
	r.ways[name] = c
	end := ""
	if c.stopped {
		end = fmt.Sprintf("   stopped after %.0f s", c.wall.Seconds())
	}
	if c.failed != "" {
		end = "   failed: " + c.failed
	}
	fmt.Printf("%-43s %8.1f s wall %8.1f s cpu %6.0f MB peak %8.0f MB more on disk %8.0f MB WAL%s\n",
		name, c.wall.Seconds(), c.cpu.Seconds(), c.peak, float64(c.grew)/1e6, float64(c.wal)/1e6, end)
}

// print says how the ways compare, and how our cost grew since the size before.
func (r *result) print(before *result) {
	ours := r.ways["Throughline, PostgreSQL"]
	fmt.Printf("\n%d lines, every way that ended agrees on every line\n", r.lines)
	for _, name := range r.names {
		c, less := r.ways[name], ""
		if strings.HasPrefix(name, "load") || strings.HasPrefix(name, "full again") || name == "Throughline, PostgreSQL" || r.part(name) {
			continue
		}
		if c.stopped {
			less = ", or less: it did not end"
		}
		if c.cpu > 0 {
			fmt.Printf("  Throughline / %-38s %6.2f in cpu, %6.2f in wall%s\n", name, ratio(ours.cpu, c.cpu), ratio(ours.wall, c.wall), less)
		}
	}
	if lite, duck := r.ways["Throughline, SQLite"], r.ways["DuckDB, its own tables"]; lite.cpu > 0 && duck.cpu > 0 {
		fmt.Printf("  %-52s %6.2f in cpu, %6.2f in wall\n", "Throughline, SQLite / DuckDB, its own tables", ratio(lite.cpu, duck.cpu), ratio(lite.wall, duck.wall))
	}
	for _, name := range r.names {
		if full := r.ways[fullOn(name)]; r.part(name) {
			fmt.Printf("  %-41s / full run %6.2f in cpu, %6.2f in wall\n", name, ratio(r.ways[name].cpu, full.cpu), ratio(r.ways[name].wall, full.wall))
		}
	}
	fmt.Printf("  cpu per line: %.2f us", perLine(ours, r.lines))
	if before != nil {
		was := perLine(before.ways["Throughline, PostgreSQL"], before.lines)
		fmt.Printf(", %.2f of that at %d lines", perLine(ours, r.lines)/was, before.lines)
	}
	fmt.Print("\n\n")
}

// part says whether a way is a run over some of the members.
func (r *result) part(name string) bool {
	return strings.HasPrefix(name, "1 %") || strings.HasPrefix(name, "a day")
}

// fullOn is the full run on the database that a way ends with.
func fullOn(name string) string { return "Throughline" + name[max(strings.LastIndex(name, ", "), 0):] }

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

func perLine(c cost, lines int64) float64 { return c.cpu.Seconds() * 1e6 / float64(lines) }
