package pas

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// check checks what PAS asks of every request Bundle: a collection with
// identifier and timestamp, the Claim first, a fullUrl everywhere, each resource
// once, every reference inside, no modifier that is not understood.
func (b *bundle) check() {
	if b.Type != "Bundle" || b.Get("type").Text() != "collection" {
		b.bad(fhir.CodeValue, "Bundle.type", "another resource or type", "a Bundle of type collection", "send the request as PAS says")
		return
	}
	if len(b.entries) == 0 || b.entries[0].Resource == nil || b.entries[0].Resource.Type != "Claim" {
		b.bad(fhir.CodeInvariant, "Bundle.entry", "no Claim as the first entry", "a Bundle whose first entry is the Claim", "put the Claim first and all it refers to behind it")
		return
	}
	if b.Get("identifier", "value").Text() == "" {
		b.bad(fhir.CodeRequired, "Bundle.identifier", "nothing", "an identifier of the transaction", "add identifier with system and value")
	}
	if b.Get("timestamp").Text() == "" {
		b.bad(fhir.CodeRequired, "Bundle.timestamp", "nothing", "the instant the Bundle was made", "add timestamp")
	}
	nodes := b.Get("entry").Items()
	for i := range b.entries {
		b.checkEntry(&b.entries[i], nodes[i])
	}
	b.checkTwice()
	b.checkModifiers("Bundle", b.Root())
}

// checkEntry checks one entry by itself.
func (b *bundle) checkEntry(e *fhir.Entry, n *fhir.Node) {
	path := entryPath(e.Index)
	if e.Resource == nil {
		b.bad(fhir.CodeRequired, path+".resource", "nothing that can be read", "a resource", "add it, or leave the entry out")
		return
	}
	for _, name := range []string{"request", "response", "search"} {
		if n.Get(name) != nil {
			b.bad(fhir.CodeInvariant, path+"."+name, name+" in a collection", "fullUrl and resource only", "leave it out")
		}
	}
	if e.FullURL == "" {
		b.bad(fhir.CodeRequired, path+".fullUrl", "nothing", "the URL of the resource, or urn:uuid:", "add fullUrl")
		return
	}
	if typ, id, _, _ := fhir.ParseRef(e.FullURL); !strings.HasPrefix(e.FullURL, "urn:") && (typ != e.Resource.Type || e.Resource.ID != "" && id != e.Resource.ID) {
		b.bad(fhir.CodeInvariant, path+".fullUrl", "a URL that does not name this resource", "a URL that ends in its type and id, or urn:uuid:", "correct fullUrl or id")
	}
	for _, ref := range e.Resource.References() {
		if ref.Link == fhir.LinkReference && !strings.HasPrefix(ref.Value, "#") && !b.excused(e, ref) && b.resolve(e, ref.Value) == nil {
			b.bad("not-found", path+".resource."+strings.TrimPrefix(ref.Path, e.Resource.Type+"."), "a reference to a resource that is not in the Bundle",
				"references to entries of the Bundle", "add the resource, or give an identifier in place of the reference")
		}
	}
}

// excused: a prior Claim comes along, but not the one before it.
func (b *bundle) excused(e *fhir.Entry, ref fhir.Reference) bool {
	return e.Resource.Type == "Claim" && strings.HasPrefix(ref.Path, "Claim.related")
}

// checkTwice refuses a resource that stands in two entries.
func (b *bundle) checkTwice() {
	seen := map[string]bool{}
	for _, e := range b.entries {
		names := []string{e.FullURL}
		if e.Resource != nil && e.Resource.ID != "" && !strings.HasPrefix(e.FullURL, "urn:") {
			names = append(names, string(e.Resource.Ref()))
		}
		again := false
		for _, name := range names {
			again = again || name != "" && seen[name]
			seen[name] = true
		}
		if again {
			b.bad("duplicate", entryPath(e.Index), "the resource of an earlier entry", "each resource once", "leave one of the two out")
		}
	}
}

// checkModifiers refuses every modifierExtension that is not understood where it
// stands: it may turn the meaning of what it is in
// (http://hl7.org/fhir/R4/extensibility.html#modifierExtension).
func (b *bundle) checkModifiers(path string, n *fhir.Node) {
	if n.Kind() == fhir.KindArray {
		for i, item := range n.Items() {
			b.checkModifiers(path+"["+strconv.Itoa(i)+"]", item)
		}
		return
	}
	if n.Kind() != fhir.KindObject {
		return
	}
	for name, child := range n.Members() {
		if name == "modifierExtension" {
			for _, e := range child.Items() {
				if e.Get("url").Text() != infoCancelled || e.Get("valueBoolean") == nil || !b.cancellable(path) {
					b.bad("not-supported", path+".modifierExtension", "a modifier extension that is not understood here", infoCancelled+" with a boolean on Claim.item and Claim.supportingInfo",
						"leave it out, or ask for it to be supported")
				}
			}
		}
		b.checkModifiers(path+"."+name, child)
	}
}

// cancellable says whether infoCancelled has its place there: on the items and
// the supporting information of a Claim (profile-claim-update).
func (b *bundle) cancellable(path string) bool {
	for i := range b.entries {
		if rest, ok := strings.CutPrefix(path, entryPath(i)+".resource."); ok && b.entries[i].Resource != nil {
			element, index, _ := strings.Cut(rest, "[")
			return b.entries[i].Resource.Type == "Claim" && (element == "item" || element == "supportingInfo") && strings.IndexByte(index, ']') == len(index)-1
		}
	}
	return false
}

// maxDiagnoses is what X12 278 holds.
const maxDiagnoses = 12

// checkClaim checks the Claim of a request.
func (b *bundle) checkClaim() {
	claim := b.entries[0].Resource
	need := func(element string, ok bool, allowed string) {
		if !ok {
			b.bad(fhir.CodeRequired, "Claim."+element, "nothing that can be used", allowed, "correct "+element)
		}
	}
	need("use", claim.Get("use").Text() == "preauthorization", "preauthorization")
	need("status", claim.Get("status").Text() == "active", "active; a cancellation is said by certificationType 3")
	need("identifier", identifierOf(firstOf(claim.Get("identifier"))).Value != "", "the trace number of the request")
	for _, name := range []string{"patient", "insurer", "provider"} {
		need(name, b.follow(&b.entries[0], claim.Get(name)) != nil, "a reference to an entry of the Bundle")
	}
	b.checkInsurance(claim)
	if n := claim.Get("diagnosis").Len(); n > maxDiagnoses {
		b.bad(fhir.CodeTooLong, "Claim.diagnosis", strconv.Itoa(n)+" diagnoses", "at most 12", "send the most important")
	}
	b.unique("Claim.supportingInfo", claim.Get("supportingInfo"))
	b.checkItems(claim)
}

// checkInsurance wants one focal insurance, of the insurer that is asked.
func (b *bundle) checkInsurance(claim *fhir.Resource) {
	focal := 0
	for _, in := range claim.Get("insurance").Items() {
		if in.Get("focal").Text() != "true" {
			continue
		}
		focal++
		coverage := b.follow(&b.entries[0], in.Get("coverage"))
		if coverage == nil || coverage.Resource.Type != "Coverage" {
			b.bad(fhir.CodeRequired, "Claim.insurance.coverage", "nothing that can be used", "a reference to a Coverage of the Bundle", "add the Coverage")
			continue
		}
		insurer := b.identifiers(&b.entries[0], claim.Get("insurer"))
		if payors := b.payors(coverage); len(payors) > 0 && len(insurer) > 0 && !shareValue(insurer, payors) {
			b.bad("business-rule", "Claim.insurer", "another payer than the focal Coverage has", "one payer for a request", "send a request to each payer")
		}
	}
	if focal != 1 {
		b.bad(fhir.CodeInvariant, "Claim.insurance", strconv.Itoa(focal)+" focal entries", "one entry with focal true", "mark the Coverage that is asked")
	}
}

// checkItems wants sequences from 1 without gaps, and quantities that count.
// A quantity without a unit is tolerated: the guide's own examples have none.
func (b *bundle) checkItems(claim *fhir.Resource) {
	items := claim.Get("item").Items()
	if len(items) == 0 && certification(claim.Root()) != cancels {
		b.bad(fhir.CodeRequired, "Claim.item", "nothing", "at least one item", "say what is asked for")
	}
	b.unique("Claim.item", claim.Get("item"))
	for i, item := range items {
		path := "Claim.item[" + strconv.Itoa(i) + "]"
		if n, err := strconv.Atoi(item.Get("sequence").Text()); err != nil || n < 1 || n > len(items) {
			b.bad(fhir.CodeInvariant, path+".sequence", strconv.Quote(item.Get("sequence").Text()), "the numbers from 1 to the number of items, without a gap", "number the items anew")
		}
		if q := item.Get("quantity"); q != nil && !positive(q.Get("value").Text()) {
			b.bad(fhir.CodeValue, path+".quantity", "no value above 0", "a quantity with a value", "correct the value")
		}
		if cancelled(item) != (certification(item) == cancels) {
			b.bad(fhir.CodeInvariant, path, "half a cancellation", "infoCancelled true and certificationType 3 together", "add the other one")
		}
	}
}

// unique refuses a sequence that comes twice in a list.
func (b *bundle) unique(path string, list *fhir.Node) {
	seen := map[string]bool{}
	for _, n := range list.Items() {
		s := n.Get("sequence").Text()
		if seen[s] {
			b.bad(fhir.CodeInvariant, path+".sequence", "a sequence that an earlier entry has", "each sequence once", "number the entries anew")
		}
		seen[s] = true
	}
}

func positive(value string) bool {
	return value != "" && !strings.HasPrefix(value, "-") && slices.ContainsFunc([]byte(value), func(c byte) bool { return c >= '1' && c <= '9' })
}

func firstOf(n *fhir.Node) *fhir.Node {
	for _, item := range n.Items() {
		return item
	}
	return nil
}
