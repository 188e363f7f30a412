package render

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
)

// joiner is the word joiner, which is invisible and keeps characters from being read as
// markup.
const joiner = "\u2060"

// It is not documented whether Slack recognises mentions in plain text.
var mentions = strings.NewReplacer("<!", "<"+joiner+"!", "<@", "<"+joiner+"@", "<#", "<"+joiner+"#",
	"@everyone", "@"+joiner+"everyone", "@channel", "@"+joiner+"channel", "@here", "@"+joiner+"here")

// withoutMentions keeps Slack from recognising mentions in plain text.
func withoutMentions(s clean) clean {
	if !strings.ContainsAny(string(s), "<@") {
		return s
	}
	return clean(mentions.Replace(string(s)))
}

// plainText returns a text object in which ":8080:" is not an emoji.
func plainText(s clean) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, layout.Isolate(string(s)), false, false)
}
