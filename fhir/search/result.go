package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// resultParams read the parameters that shape the answer, not the match
// (http://hl7.org/fhir/R4/search.html#return). _format and _pretty belong to the
// HTTP layer and are passed over.
var resultParams = map[string]func(p *parser, name string, values []string){
	"_count":         (*parser).count,
	"_sort":          (*parser).sort,
	"_include":       (*parser).include,
	"_revinclude":    (*parser).revInclude,
	"_total":         (*parser).total,
	"_summary":       (*parser).summary,
	"_page":          (*parser).page,
	"_format":        func(*parser, string, []string) {},
	"_pretty":        func(*parser, string, []string) {},
	"_elements":      (*parser).unsupported,
	"_contained":     (*parser).unsupported,
	"_containedType": (*parser).unsupported,
	"_score":         (*parser).unsupported,
	"_content":       (*parser).unsupported,
	"_text":          (*parser).unsupported,
	"_list":          (*parser).unsupported,
	"_filter":        (*parser).unsupported,
	"_query":         (*parser).unsupported,
	"_type":          (*parser).unsupported,
}

func (p *parser) unsupported(name string, _ []string) {
	p.ignore(name, "a parameter of FHIR that is not supported here",
		"_count, _sort, _include, _revinclude, _total, _summary, _has", "leave it out")
}

// single is the value of a parameter that may be given once.
func (p *parser) single(name string, values []string) (string, bool) {
	if len(values) != 1 {
		p.fail(fhir.CodeValue, name, strconv.Itoa(len(values))+" values", "one value", "send it once")
		return "", false
	}
	return values[0], true
}

// count reads _count: clamped to the largest page; 0 asks for the total only.
func (p *parser) count(name string, values []string) {
	value, ok := p.single(name, values)
	if !ok {
		return
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		p.fail(fhir.CodeValue, name, shown(value), "a whole number from 0", "use a number such as 50")
		return
	}
	p.query.Count = min(n, p.opt.MaxCount)
	if n == 0 {
		p.query.Summary = "count"
	}
}

// sort reads _sort=-date,_lastUpdated.
func (p *parser) sort(name string, values []string) {
	for piece := range strings.SplitSeq(strings.Join(values, ","), ",") {
		field, desc := strings.CutPrefix(piece, "-")
		param, ok := Find(p.query.Type, field)
		if !ok || param.Type != Date && param.Column() == "" {
			p.ignore(name, shown(piece), strings.Join(sortable(p.query.Type), ", "), "sort by one of these, with - before it for descending")
			continue
		}
		p.query.Sort = append(p.query.Sort, SortKey{Param: param, Desc: desc})
	}
}

// sortable are the names _sort takes: the columns and the date parameters.
func sortable(resourceType string) []string {
	var names []string
	for _, param := range For(resourceType) {
		if param.Type == Date || param.Column() != "" {
			names = append(names, param.Name)
		}
	}
	return names
}

func (p *parser) include(name string, values []string) {
	for _, value := range values {
		in, ok := p.includeOf(name, value, Supported(p.query.Type).Includes)
		if ok && in.Type == p.query.Type {
			p.query.Include = append(p.query.Include, in)
		}
	}
}

func (p *parser) revInclude(name string, values []string) {
	for _, value := range values {
		if in, ok := p.includeOf(name, value, Supported(p.query.Type).RevIncludes); ok {
			in.Target = ""
			p.query.RevInclude = append(p.query.RevInclude, in)
		}
	}
}

// includeOf reads Type:param[:Target]; the first two must be one of allowed.
func (p *parser) includeOf(name, value string, allowed []string) (Include, bool) {
	parts := strings.Split(value, ":")
	if len(parts) < 2 || len(parts) > 3 || !slices.Contains(allowed, parts[0]+":"+parts[1]) {
		p.ignore(name, shown(value), strings.Join(allowed, ", "), "write it as Type:parameter or Type:parameter:Target")
		return Include{}, false
	}
	param, _ := Find(parts[0], parts[1])
	in := Include{Type: parts[0], Param: param}
	if len(parts) == 3 {
		in.Target = parts[2]
	}
	if in.Target != "" && (!param.targets(in.Target) || !fhir.IsType(in.Target)) {
		p.ignore(name, shown(value), fmt.Sprintf("a target of %s: %s", parts[0]+":"+parts[1], strings.Join(param.Targets, ", ")),
			"use one of these targets")
		return Include{}, false
	}
	return in, true
}

func (p *parser) total(name string, values []string) {
	if value, ok := p.oneOf(name, values, "none", "estimate", "accurate"); ok {
		p.query.Total = value
	}
}

// summary takes count, and false, which is the default.
func (p *parser) summary(name string, values []string) {
	value, ok := p.oneOf(name, values, "count", "false")
	if ok && value == "count" {
		p.query.Summary, p.query.Count = value, 0
	}
}

func (p *parser) oneOf(name string, values []string, allowed ...string) (string, bool) {
	value, ok := p.single(name, values)
	if ok && !slices.Contains(allowed, value) {
		p.ignore(name, shown(value), strings.Join(allowed, ", "), "use one of these, or leave it out")
		return "", false
	}
	return value, ok
}

// maxPage bounds a cursor; ours are shorter.
const maxPage = 2048

func (p *parser) page(name string, values []string) {
	value, ok := p.single(name, values)
	if ok && (value == "" || len(value) > maxPage) {
		p.fail(fhir.CodeValue, name, strconv.Itoa(len(value))+" characters", "the value of a next link", "follow the next link as it was given")
		return
	}
	p.query.Page = value
}
