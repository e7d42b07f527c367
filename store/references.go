package store

import (
	"context"
	"net/url"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// references resolves what the message itself does not: the sender's own ids of
// resources it sent earlier, and conditional references ("Patient?identifier=...").
func (a *applying) references(ctx context.Context) error {
	var own []string
	for i := range a.plans {
		if a.plans[i].skip || a.plans[i].Resource == nil {
			continue
		}
		for _, ref := range a.plans[i].Resource.References() {
			v := ref.Value
			if _, known := a.urls[v]; known || a.foreign[v] != "" || strings.HasPrefix(v, "#") {
				continue
			}
			if typ, _, _, absolute := fhir.ParseRef(v); typ != "" && !absolute {
				own = append(own, v)
				continue
			}
			if err := a.conditionalReference(ctx, v); err != nil {
				return err
			}
		}
	}
	return a.sourceRefs(ctx, own)
}

// sourceRefs looks the sender's own ids up.
func (a *applying) sourceRefs(ctx context.Context, refs []string) error {
	for len(refs) > 0 {
		n := min(len(refs), xrefChunk)
		args := []any{string(a.caller.Partner)}
		rows, err := a.t.query(ctx, "select ref, resource from source_ref where partner = $1 and ref in ("+bindAll(&args, refs[:n])+")", args...)
		if err != nil {
			return err
		}
		err = eachRow(rows, func() error {
			var ref, resource string
			if err := rows.Scan(&ref, &resource); err != nil {
				return err
			}
			a.foreign[ref] = resource
			return nil
		})
		if err != nil {
			return err
		}
		refs = refs[n:]
	}
	return nil
}

// sourceRef is the id of the resource that the partner calls name, "" when it
// calls none so.
func (s *Store) sourceRef(ctx context.Context, q queryer, partner gateway.PartnerID, name string) (string, error) {
	var ref string
	err := q.row(ctx, "select resource from source_ref where partner = $1 and ref = $2", string(partner), name).Scan(&ref)
	if noRows(err) {
		return "", nil
	}
	return fhir.Ref(ref).ID(), err
}

// conditionalReference resolves "Type?criteria" to the one resource it names
// (http://hl7.org/fhir/R4/http.html#trules).
func (a *applying) conditionalReference(ctx context.Context, v string) error {
	typ, criteria, ok := strings.Cut(v, "?")
	if !ok || !fhir.IsType(typ) || a.foreign[v] != "" {
		return nil
	}
	q, issues := search.ParseIfNoneExist(typ, criteria)
	if issues.Errors() {
		return &gateway.Fault{Op: "commit", Code: gateway.Invalid, Issues: issues}
	}
	ids, err := a.s.matchIn(ctx, a.t, a.caller, q)
	if err != nil {
		return err
	}
	if len(ids) != 1 {
		return gateway.Faultf("commit", gateway.Mismatch, fhir.Issue{Code: "not-found", Path: typ, Found: "a conditional reference that fits none or several",
			Allowed: "criteria that fit exactly one", Fix: "use an identifier that names one " + typ})
	}
	a.foreign[v] = typ + "/" + ids[0]
	return nil
}

// resolve is what a reference of the message reads in the store.
func (a *applying) resolve(v string) string {
	if ref, ok := a.urls[v]; ok {
		return string(ref)
	}
	if ref := a.foreign[v]; ref != "" {
		return ref
	}
	if base, fragment, ok := strings.Cut(v, "#"); ok && base != "" {
		if ref, ok := a.urls[base]; ok {
			return string(ref) + "#" + url.PathEscape(fragment)
		}
	}
	return v
}
