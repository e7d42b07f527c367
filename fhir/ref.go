package fhir

import "strings"

// Ref is a relative reference without version, "Patient/123".
type Ref string

// NewRef joins a type and an id.
func NewRef(typ, id string) Ref { return Ref(typ + "/" + id) }

// Type is the part before the slash.
func (r Ref) Type() string {
	typ, _, _ := strings.Cut(string(r), "/")
	return typ
}

// ID is the part after the slash.
func (r Ref) ID() string {
	_, id, _ := strings.Cut(string(r), "/")
	return id
}

// Ref is the resource's own reference, "CarePlan/123"; empty without an id.
func (r *Resource) Ref() Ref {
	if r.ID == "" {
		return ""
	}
	return NewRef(r.Type, r.ID)
}

// ParseRef splits the value of a Reference.reference. "Patient/1",
// "Patient/1/_history/2" and "https://host/base/Patient/1" give type, id and
// version; absolute is true when the value starts with a scheme (http:, urn:).
// Anything else, also "#id" and "urn:uuid:...", gives an empty type.
func ParseRef(value string) (typ, id, version string, absolute bool) {
	path := value
	if scheme := strings.IndexByte(value, ':'); scheme > 0 {
		absolute = true
		if !strings.HasPrefix(value[scheme:], "://") {
			return "", "", "", true
		}
		path = value[scheme+3:]
	}
	path, _, _ = strings.Cut(path, "#")
	if before, v, ok := strings.Cut(path, "/_history/"); ok {
		path, version = before, v
	}
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return "", "", "", absolute
	}
	id = path[slash+1:]
	typ = path[:slash]
	prefixed := strings.LastIndexByte(typ, '/')
	typ = typ[prefixed+1:]
	if !IsType(typ) || !isID(id) || (prefixed >= 0 && !absolute) || (version != "" && !isID(version)) {
		return "", "", "", absolute
	}
	return typ, id, version, absolute
}

// isID checks the form of a FHIR id: [A-Za-z0-9\-\.]{1,64}.
func isID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isAlnum(c) && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
