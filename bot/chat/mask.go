package chat

import (
	"regexp"
	"strings"
)

// shape is a pattern of secrets, and its replacement.
type shape struct {
	*regexp.Regexp
	instead string
	// hint occurs in every such secret, in lower case. Most texts do not contain it, and
	// searching for it takes far less time than matching. It has no s, because (?i) matches
	// ſ, too.
	hint string
}

func shaped(hint, expression, instead string) shape {
	return shape{regexp.MustCompile(expression), instead, hint}
}

// hidden replaces a secret.
const hidden = "[secret]"

// shapes are the patterns of secrets that are recognisable by their form in any context.
var shapes = []shape{
	// A Discord bot's token: its id in base64, a time and a signature
	// (https://docs.discord.com/developers/reference#authentication).
	shaped(".", `\b[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}`, hidden),
	// A webhook's address is all that posting takes
	// (https://docs.discord.com/developers/resources/webhook,
	// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
	shaped("webhook", `(?i)\b(?:https?://)?(?:[a-z0-9-]+\.)*discord(?:app)?\.com/api/(?:v\d+/)?webhooks/[^\s"'<>]+`, hidden),
	shaped("lack", `(?i)\b(?:https?://)?hooks\.slack(?:-gov)?\.com/[^\s"'<>]+`, hidden),
	// Slack's tokens: xoxb-, xoxp-, xapp-, xoxe-, xoxe.xoxp- and others
	// (https://docs.slack.dev/authentication/tokens).
	shaped("xox", `(?i)xox[a-z](?:\.xox[a-z])?-[a-z0-9-]{3,}`, hidden),
	shaped("p-", `(?i)(^|[^a-wyz])x(?:app|wfp)-[a-z0-9-]{3,}`, "${1}"+hidden),
	// GitHub's and GitLab's
	// (https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github,
	// https://docs.gitlab.com/security/tokens/#token-prefixes).
	shaped("g", `(?:gh[oprsu]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|gl(?:agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rtr?|soat)-[A-Za-z0-9_-]{16,})`, hidden),
	// Credentials in a URL, such as PostgreSQL's
	// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS,
	// https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1).
	shaped("@", `(?i)\b([a-z][a-z0-9+.-]*://)[^\s/"'@:<>]*:[^\s"'<>]*@`, "${1}"+hidden+"@"),
	// A user name alone may be a token, except in a PostgreSQL URL, whose schemes are the
	// only ones here that begin with "po".
	shaped("@", `(?i)\b((?:[a-oq-z][a-z0-9+.-]*|p(?:[a-np-z0-9+.-][a-z0-9+.-]*)?)://)[^\s/"'@:<>]+@`, "${1}"+hidden+"@"),
	// Keywords of a connection string and of a query.
	shaped("=", `(?i)([?&;\s"'](?:password|passwd|pwd|secret|token|access_token|api_?key)=)[^\s&;"']+`, "${1}"+hidden),
	// The word after the scheme in a header
	// (https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
	shaped("bearer ", `(?i)\b(bearer )[a-z0-9._~+/=-]{16,}`, "${1}"+hidden),
}

// plainShapes are patterns of secrets that have no recognisable form, such as Slack's
// signing secret, which is 32 hexadecimal digits
// (https://docs.slack.dev/authentication/verifying-requests-from-slack). File names can
// look the same.
var plainShapes = []*regexp.Regexp{
	regexp.MustCompile(`[0-9A-Fa-f]{32,}`),
	regexp.MustCompile(`[A-Za-z0-9_-]{32,}`),
}

var (
	lower = regexp.MustCompile(`[a-z]`)
	upper = regexp.MustCompile(`[A-Z]`)
	digit = regexp.MustCompile(`[0-9]`)
)

// Mask returns text with everything that looks like a secret replaced: a token, the address
// of a webhook, a password. Every text that quotes what people wrote goes through it.
func Mask(text string) string {
	small := strings.ToLower(text)
	for _, s := range shapes {
		if strings.Contains(small, s.hint) {
			text = s.ReplaceAllString(text, s.instead)
		}
	}
	return text
}

// MaskValue is Mask for the wrong value of a setting: it also hides what only might be a
// secret.
func MaskValue(text string) string {
	text = plainShapes[0].ReplaceAllString(Mask(text), hidden)
	return plainShapes[1].ReplaceAllStringFunc(text, func(word string) string {
		if lower.MatchString(word) && upper.MatchString(word) && digit.MatchString(word) {
			return hidden
		}
		return word
	})
}
