package compose

import (
	"fmt"

	"golang.org/x/text/language"
)

var english = words{
	tag:  language.English,
	day:  "2 January 2006",
	join: " · ",

	tagged: func(tag string, n int) string {
		if n == 1 {
			return fmt.Sprintf("%s: one digest", tag)
		}
		return fmt.Sprintf("%s: %d digests", tag, n)
	},
	related: func(exact, others int) string {
		if exact == 0 {
			return "None has exactly this tag; these tags have it among their words:"
		}
		return fmt.Sprintf("%d with exactly this tag, then %d with related ones:", exact, others)
	},
	firstOf:   func(shown, n int) string { return fmt.Sprintf("The first %d of %d digests.", shown, n) },
	tags:      "Tags",
	manyTags:  func(n int) string { return fmt.Sprintf("The most used of %d tags.", n) },
	help:      "What you can ask",
	helpHint:  "Type /digest help to see what you can ask.",
	findHint:  "A tag is found however it is written: AI, ai or a-i.",
	adminOnly: "(admins)",

	noDigests: "There are no digests yet.",
	noTag:     func(tag string) string { return fmt.Sprintf("No digest has the tag “%s”.", tag) },
	near:      "Did you mean one of these?",
	unknownVerb: func(verb string) string {
		return fmt.Sprintf("I do not know “%s”.", verb)
	},
	missing: func(verb, arg string) string { return fmt.Sprintf("/digest %s needs %s.", verb, arg) },
	tooMuch: func(verb, extra string) string {
		return fmt.Sprintf("“%s” is too much for /digest %s.", extra, verb)
	},
	admins:      "Only admins may do that.",
	failed:      "Sorry, that did not work. The people who run this bot can find the reason in its log.",
	noDigest:    func(id string) string { return fmt.Sprintf("There is no digest “%s”.", id) },
	resending:   func(title string) string { return fmt.Sprintf("“%s” is being posted here once more.", title) },
	resendTwice: "That was asked already; it is posted once.",
}
