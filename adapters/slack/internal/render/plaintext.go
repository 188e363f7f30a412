package render

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
)

// joiner is the word joiner: it is not seen, and keeps signs from being read as markup.
const joiner = "\u2060"

// Whether Slack reads plain text as a mention is not documented.
var mentions = strings.NewReplacer("<!", "<"+joiner+"!", "<@", "<"+joiner+"@", "<#", "<"+joiner+"#",
	"@everyone", "@"+joiner+"everyone", "@channel", "@"+joiner+"channel", "@here", "@"+joiner+"here")

// withoutMentions keeps plain text from being a mention.
func withoutMentions(s clean) clean {
	if !strings.ContainsAny(string(s), "<@") {
		return s
	}
	return clean(mentions.Replace(string(s)))
}

// plainText is a text object in which ":8080:" is no emoji.
func plainText(s clean) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, layout.Isolate(string(s)), false, false)
}
