// Package console is what people see of the gateway in a browser: what needs
// them now, messages and their timelines, lanes, held deliveries, replays,
// partners, schedules, the last night.
//
// A page is one file here and one template of the same name. Add it to the
// table in pages.go: pattern, label in the navigation, who may, what to do. The
// template fills "main" of layout.html. Everything works without JavaScript;
// console.js only refreshes what carries data-live. Styles are classes of
// console.css, never attributes: the content security policy forbids both.
//
// It must not know SQL, gin or the configuration. What a visitor may see is
// decided where it is read: partners ask for their own, operators see flows and
// no bodies, unless they give a reason that is kept (45 CFR 164.502(b)).
package console
