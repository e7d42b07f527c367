package main

import (
	"fmt"
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
	fmt.Printf("%-38s %8.1f s wall %8.1f s cpu %8.0f MB\n", name, c.wall.Seconds(), c.cpu.Seconds(), c.peak)
}

// print says how the ways compare, and how our cost grew since the size before.
func (r *result) print(before *result) {
	ours := r.ways["Throughline, PostgreSQL"]
	fmt.Printf("\n%d lines, every way agrees on every line\n", r.lines)
	for _, name := range r.names {
		if c := r.ways[name]; c.cpu > 0 {
			fmt.Printf("  Throughline / %-38s %6.2f in cpu, %6.2f in wall\n", name, ratio(ours.cpu, c.cpu), ratio(ours.wall, c.wall))
		}
	}
	fmt.Printf("  cpu per line: %.2f us", perLine(ours, r.lines))
	if before != nil {
		was := perLine(before.ways["Throughline, PostgreSQL"], before.lines)
		fmt.Printf(", %.2f of that at %d lines", perLine(ours, r.lines)/was, before.lines)
	}
	fmt.Print("\n\n")
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

func perLine(c cost, lines int64) float64 { return c.cpu.Seconds() * 1e6 / float64(lines) }
