package block

import (
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// IsDiscussion reports whether the words of a link say that it leads to a discussion of
// the story: Discussion, 120 comments, 340 points.
func IsDiscussion(words string) bool {
	return lexicon.DiscussionLabels.Has(words) || len(words) < lexicon.MaxFolded && DiscussionPattern().MatchString(words)
}

// DiscussionPattern matches words that say how often a story was discussed or liked.
var DiscussionPattern = lexicon.Pattern(`(?i)^[^\pL\pN]*(?:(?:` + ScoreNumber + `\s?(?:` + ScoreUnit + `|分)|(?:` + ScoreNumber + `\s?)?` + TalkUnit + `|` + TalkUnit + `[\s:：]*` + ScoreNumber + `[개条件]?)[^\pL\pN]*)+$`)

// Patterns for the numbers that websites show next to a story.
const (
	ScoreNumber = `\+?\d[\d.,]*(?:\s?[kKmM万萬千])?\+?`
	ScoreUnit   = `(?i:points?|pts?\.?|votes?|upvotes?|stars?|likes?|karma|票|赞|个赞|星|点赞|スター|ポイント|いいね|점|표|추천|punkte?|sterne?|stimmen?|puntos?|votos?|estrellas?|étoiles?|punti|stelle|voti)`
	TalkUnit    = `(?i:comments?|replies|条评论|评论|コメント|댓글|kommentare?|comentarios?|commentaires?)`
)
