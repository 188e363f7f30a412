package render

import (
	"strings"

	"github.com/slack-go/slack"
)

// mentionGroups names the user groups to be notified, in the blocks and in the
// fallback text. An invalid id is written out as text and notifies nobody.
func mentionGroups(ids []string) (pieces []piece, mention string) {
	var elements []slack.RichTextSectionElement
	n := 0
	for _, id := range ids {
		if n > maxRich/2 {
			break // no room for more
		}
		if len(elements) > 0 {
			elements = append(elements, slack.NewRichTextSectionTextElement(" ", nil))
		}
		if CheckMention(id) == nil {
			elements = append(elements, &slack.RichTextSectionUserGroupElement{Type: slack.RTSEUserGroup, UsergroupID: id})
			mention += " <!subteam^" + id + ">"
			n += len(id) + 1
		} else if name := oneLine(id); name != "" {
			elements = append(elements, slack.NewRichTextSectionTextElement("@"+string(name), nil))
			n += length(name) + 2
		}
	}
	if len(elements) == 0 {
		return nil, ""
	}
	block := slack.NewRichTextBlock("", slack.NewRichTextSection(elements...))
	return []piece{{block, n}}, strings.TrimSpace(mention)
}
