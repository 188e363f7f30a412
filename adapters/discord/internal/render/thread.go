package render

import (
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
)

// ThreadName returns the first line of a message that has more than mentions.
func ThreadName(m Message) string {
	for _, s := range strings.Split(m.Content, "\n") {
		if name, _ := layout.Cut(oneLine(words(s)), threadNameLimit); name != "" && !mentionsOnly.MatchString(s) {
			return name
		}
	}
	return "…" // a thread must have a name
}
