package fhir

// The invariants of Bundle (http://hl7.org/fhir/R4/bundle.html#invs).

// bundleEntry is bdl-5: an entry has a resource, unless it is a request or a
// response; and bdl-8: its fullUrl names no version.
func bundleEntry(v *validator, n *Node) {
	if n.member("resource") == nil && n.member("request") == nil && n.member("response") == nil {
		v.report(CodeInvariant, "an entry without resource, request and response", "at least one of them (bdl-5)", "add it, or leave the entry out")
	}
	if _, _, version, _ := ParseRef(n.member("fullUrl").Text()); version != "" {
		v.reportAt("fullUrl", CodeInvariant, "a URL with a version", "a URL without /_history/ (bdl-8)", "cut /_history/ and what follows")
	}
}

// bundleEntries is bdl-2, bdl-3 and bdl-4: which parts entries have in which
// type of Bundle. A request must be there where it is the order to be carried
// out, a response where it is the answer; in a history neither is insisted on,
// as senders of R4 subscription notifications leave them out.
func bundleEntries(v *validator, n *Node) {
	typ := n.member("type").Text()
	orders := typ == "batch" || typ == "transaction"
	request := orders || typ == "history"
	response := typ == "batch-response" || typ == "transaction-response"
	for i, e := range n.Get("entry").Items() {
		v.path.push("entry", i)
		if e.member("search") != nil && typ != "searchset" {
			v.reportAt("search", CodeInvariant, "search in a "+wordOr(typ, "type"), "search in a searchset only (bdl-2)", "leave search out")
		}
		switch has := e.member("request") != nil; {
		case !has && orders:
			v.reportAt("request", CodeInvariant, "nothing", "request with method and url in a "+typ+" (bdl-3)", "add request")
		case has && !request:
			v.reportAt("request", CodeInvariant, "request in a "+wordOr(typ, "type"), "request in a batch, transaction or history only (bdl-3)", "leave request out, or change the type")
		}
		switch has := e.member("response") != nil; {
		case !has && response:
			v.reportAt("response", CodeInvariant, "nothing", "response with status in a "+typ+" (bdl-4)", "add response")
		case has && !response && typ != "history":
			v.reportAt("response", CodeInvariant, "response in a "+wordOr(typ, "type"), "response in a response or history only (bdl-4)", "leave response out, or change the type")
		}
		v.path.pop()
	}
}

// bundleTotal is bdl-1.
func bundleTotal(v *validator, n *Node) {
	typ := n.member("type").Text()
	if n.member("total") != nil && typ != "searchset" && typ != "history" {
		v.reportAt("total", CodeInvariant, "total in a "+wordOr(typ, "type"), "total in a searchset or history only (bdl-1)", "leave total out")
	}
}

// bundleFirst is bdl-11 and bdl-12: what a document or message begins with.
func bundleFirst(v *validator, n *Node) {
	typ := n.member("type").Text()
	want := map[string]string{"document": "Composition", "message": "MessageHeader"}[typ]
	if want == "" {
		return
	}
	first := nth(n.member("entry"), 0)
	if first.Get("resource", "resourceType").Text() != want {
		v.path.push("entry", 0)
		v.reportAt("resource", CodeInvariant, "another beginning of a "+typ, "a "+want+" first (bdl-11, bdl-12)", "put the "+want+" first")
		v.path.pop()
	}
}

// bundleURLs is bdl-7: one entry for each version of each fullUrl. Only where
// entries are orders is a breach refused: payers' answers have such entries,
// and the first is the one that counts.
func bundleURLs(v *validator, n *Node) {
	typ := n.member("type").Text()
	if typ == "history" {
		return
	}
	severity := Warning
	if typ == "transaction" || typ == "batch" {
		severity = Error
	}
	seen := map[string]bool{}
	for i, e := range n.Get("entry").Items() {
		url := e.Get("fullUrl").Text()
		if url == "" {
			continue
		}
		key := url + " " + e.Get("resource", "meta", "versionId").Text()
		if seen[key] {
			v.path.push("entry", i)
			v.path.push("fullUrl", -1)
			v.add(Issue{Severity: severity, Code: CodeInvariant, Found: "the fullUrl of an earlier entry",
				Allowed: "one entry for each resource (bdl-7)", Fix: "merge the entries, or give each its own fullUrl"})
			v.path.pop()
			v.path.pop()
		}
		seen[key] = true
	}
}
