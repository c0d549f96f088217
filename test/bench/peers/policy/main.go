// Command policy answers and measures what policies do, by what Flux v2 and Argo CD Image Updater are made of:
// Masterminds/semver, regexp, strconv, sort. It reads one request as JSON from standard input and prints one answer.
package main

import (
	"encoding/json"
	"log"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
)

type request struct {
	// Each constraint is held against each version.
	Constraints []string `json:"constraints"`
	Versions    []string `json:"versions"`
	// Each text is read as a number.
	Numbers []string `json:"numbers"`
	// What a filter extracts of texts.
	Filters []filter `json:"filters"`
	// Globs of a shell.
	Globs []glob `json:"globs"`
	// Tags with the times of their builds, to be measured with.
	Tags []tag `json:"tags"`
	Runs int   `json:"runs"`
}

type filter struct {
	Pattern  string   `json:"pattern"`
	Template string   `json:"template"`
	Texts    []string `json:"texts"`
}

type glob struct {
	Pattern string   `json:"pattern"`
	Texts   []string `json:"texts"`
}

type tag struct {
	Tag     string `json:"tag"`
	Created string `json:"created"`
}

type answer struct {
	// Of each constraint: null where it is none, else "1" for each version that satisfies it and "0" for others.
	Constraints []*string `json:"constraints"`
	// Of each version: null where it is none, else its place in the order; equal ones have the same.
	Ranks []*int `json:"ranks"`
	// Of each version: is it one in the strict form of Flux v2?
	Strict []bool `json:"strict"`
	// Of each number: null where it is none that can be compared.
	Numbers []*float64 `json:"numbers"`
	// Of each text of each filter: null where it is not found. Null as a whole for a pattern that is none.
	Filters [][]*string `json:"filters"`
	// Of each text of each glob; null as a whole for one that is none.
	Globs [][]bool `json:"globs"`
	// Milliseconds of the processor's best half, by the name of the work, and what was chosen.
	Bench map[string]measured `json:"bench"`
}

type measured struct {
	Millis float64 `json:"millis"`
	Chosen string  `json:"chosen"`
}

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	ranks, strict := rank(asked.Versions)
	reply := answer{
		Constraints: check(asked.Constraints, asked.Versions),
		Ranks:       ranks,
		Strict:      strict,
		Numbers:     numbers(asked.Numbers),
		Filters:     extract(asked.Filters),
		Globs:       match(asked.Globs),
		Bench:       bench(asked.Tags, asked.Runs),
	}
	if err := json.NewEncoder(os.Stdout).Encode(reply); err != nil {
		log.Fatal(err)
	}
}

func check(constraints, versions []string) []*string {
	parsed := make([]*semver.Version, len(versions))
	for i, text := range versions {
		parsed[i], _ = semver.NewVersion(text)
	}
	verdicts := make([]*string, len(constraints))
	for i, text := range constraints {
		constraint, err := semver.NewConstraint(text)
		if err != nil {
			continue
		}
		var row strings.Builder
		for _, version := range parsed {
			if version != nil && constraint.Check(version) {
				row.WriteByte('1')
			} else {
				row.WriteByte('0')
			}
		}
		verdict := row.String()
		verdicts[i] = &verdict
	}
	return verdicts
}

func rank(versions []string) ([]*int, []bool) {
	ranks := make([]*int, len(versions))
	strict := make([]bool, len(versions))
	parsed := make([]*semver.Version, len(versions))
	var order []int
	for i, text := range versions {
		_, err := semver.StrictNewVersion(strings.TrimPrefix(text, "v"))
		strict[i] = err == nil
		if version, err := semver.NewVersion(text); err == nil {
			parsed[i] = version
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return parsed[order[a]].LessThan(parsed[order[b]]) })
	place := 0
	for at, i := range order {
		if at > 0 && !parsed[order[at-1]].Equal(parsed[i]) {
			place++
		}
		here := place
		ranks[i] = &here
	}
	return ranks, strict
}

func numbers(texts []string) []*float64 {
	values := make([]*float64, len(texts))
	for i, text := range texts {
		if value, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(value, 0) && !math.IsNaN(value) {
			values[i] = &value
		}
	}
	return values
}

func extract(filters []filter) [][]*string {
	found := make([][]*string, len(filters))
	for i, one := range filters {
		pattern, err := regexp.Compile(one.Pattern)
		if err != nil {
			continue
		}
		found[i] = make([]*string, len(one.Texts))
		for at, text := range one.Texts {
			if places := pattern.FindStringSubmatchIndex(text); places != nil {
				expanded := string(pattern.ExpandString(nil, one.Template, text, places))
				found[i][at] = &expanded
			}
		}
	}
	return found
}

func match(globs []glob) [][]bool {
	found := make([][]bool, len(globs))
	for i, one := range globs {
		if _, err := filepath.Match(one.Pattern, ""); err != nil {
			continue
		}
		found[i] = make([]bool, len(one.Texts))
		for at, text := range one.Texts {
			matched, err := filepath.Match(one.Pattern, text)
			if err != nil {
				found[i] = nil
				break
			}
			found[i][at] = matched
		}
	}
	return found
}

// bench measures as a tool does the work that is told to make a decision: patterns and constraints are read anew.
func bench(tags []tag, runs int) map[string]measured {
	works := map[string]func() string{
		"semver": func() string { return newestVersion(tags, ">=2.0.0 <9.0.0") },
		"numerical with extract": func() string {
			return greatestNumber(tags, `^main-[0-9a-f]{7}-(?P<ts>\d+)$`, "$ts")
		},
		"glob":   func() string { return youngest(filtered(tags, globTest("main-*"))) },
		"regexp": func() string { return youngest(filtered(tags, regexp.MustCompile(`^main-[0-9a-f]{7}`).MatchString)) },
		"newest": func() string { return youngest(tags) },
	}
	results := map[string]measured{}
	for name, work := range works {
		var times []float64
		chosen := ""
		for run := 0; run < runs; run++ {
			started := time.Now()
			chosen = work()
			times = append(times, float64(time.Since(started).Nanoseconds())/1e6)
		}
		if runs > 0 {
			sort.Float64s(times)
			results[name] = measured{Millis: times[len(times)/2], Chosen: chosen}
		}
	}
	return results
}

func newestVersion(tags []tag, text string) string {
	constraint, err := semver.NewConstraint(text)
	if err != nil {
		log.Fatal(err)
	}
	var newest *semver.Version
	for _, one := range tags {
		version, err := semver.NewVersion(one.Tag)
		if err == nil && constraint.Check(version) && (newest == nil || version.GreaterThan(newest)) {
			newest = version
		}
	}
	if newest == nil {
		return ""
	}
	return newest.Original()
}

func greatestNumber(tags []tag, text, template string) string {
	pattern := regexp.MustCompile(text)
	chosen, greatest := "", math.Inf(-1)
	for _, one := range tags {
		places := pattern.FindStringSubmatchIndex(one.Tag)
		if places == nil {
			continue
		}
		value, err := strconv.ParseFloat(string(pattern.ExpandString(nil, template, one.Tag, places)), 64)
		if err == nil && value > greatest {
			chosen, greatest = one.Tag, value
		}
	}
	return chosen
}

func globTest(text string) func(string) bool {
	return func(tag string) bool {
		matched, err := filepath.Match(text, tag)
		return err == nil && matched
	}
}

func filtered(tags []tag, passes func(string) bool) []tag {
	var passed []tag
	for _, one := range tags {
		if passes(one.Tag) {
			passed = append(passed, one)
		}
	}
	return passed
}

func youngest(tags []tag) string {
	chosen, latest := "", time.Time{}
	for _, one := range tags {
		created, err := time.Parse(time.RFC3339, one.Created)
		if err == nil && created.After(latest) {
			chosen, latest = one.Tag, created
		}
	}
	return chosen
}
