package api

import (
	"bytes"
	"context"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/gateway"
)

// create is POST /fhir/Type (http://hl7.org/fhir/R4/http.html#create). A repeat
// of a resource that carries a business identifier is the same message; with
// If-None-Exist the identity row in the store decides instead.
func (a *API) create(ctx context.Context, c *call) (*reply, error) {
	ask := &gateway.Ask{Interaction: gateway.AskCreate, Type: c.typ}
	key := ""
	if raw := c.header.Get("If-None-Exist"); raw != "" {
		where, err := criteria(c.typ, raw)
		if err != nil {
			return nil, err
		}
		ask.Where = where
	} else if c.entry == 0 && hasIdentifier(c.body) {
		key = c.implicitKey()
	}
	return a.send(ctx, c, ask, key, a.one(c.prefer.Return))
}

// hasIdentifier looks for a business identifier with a value at the top of a
// resource. It reads no further than it must; what is wrong with the text is
// for the mapping to say.
func hasIdentifier(body []byte) bool {
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for {
		name, err := d.ReadToken()
		if err != nil || name.Kind() != '"' {
			return false
		}
		if name.String() != "identifier" {
			if d.SkipValue() != nil {
				return false
			}
			continue
		}
		v, err := d.ReadValue()
		return err == nil && hasValue(v)
	}
}

// hasValue says whether an identifier, or one of a list, has a value.
func hasValue(v jsontext.Value) bool {
	type identifier struct {
		Value string `json:"value"`
	}
	list := make([]identifier, 1)
	if v.Kind() == '{' {
		return json.Unmarshal(v, &list[0]) == nil && list[0].Value != ""
	}
	if json.Unmarshal(v, &list) != nil {
		return false
	}
	return slices.ContainsFunc(list, func(i identifier) bool { return i.Value != "" })
}
