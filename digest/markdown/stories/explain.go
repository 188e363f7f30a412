package stories

import (
	"cmp"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// Explain explains a reading by the general rules.
func Explain(e *story.Explainer, p *Part, top bool) {
	blocks := e.All
	lines := func(all []*block.Block) {
		for _, b := range all {
			for i := range b.Lines {
				as, rule := story.ExplainLine(b, &b.Lines[i])
				e.Say(b, &b.Lines[i], as, rule)
			}
		}
	}
	units := func(p *Part, rule string) {
		before, us, rest := p.units()
		blocks(before, "text outside the stories", "it is above them")
		for _, u := range us {
			e.Head(u.Head, u.Body, rule)
			for i := 1; i < len(u.Head.Lines); i++ {
				as, rule := story.ExplainLine(u.Head, &u.Head.Lines[i])
				e.Say(u.Head, &u.Head.Lines[i], as, rule)
			}
			lines(u.Body)
		}
		blocks(rest, "text outside the stories", "it belongs to no story")
	}
	if top {
		if p.rule != "" {
			units(p, p.rule)
		} else {
			blocks(p.Blocks, "text outside the stories", "it is above the first heading")
		}
	} else {
		as := map[verdict]string{ownStory: "headline", shelf: "group", group: "group", contents: "left out"}[p.verdict]
		if as == "" {
			as = "text outside the stories"
		}
		p.rule = cmp.Or(p.rule, "it belongs to no story")
		if p.verdict == ownStory {
			e.Head(p.Head, nil, p.rule)
		} else {
			e.Say(p.Head, story.FirstLine(p.Head), as, p.rule)
		}
		switch p.verdict {
		case ownStory:
			lines(p.Blocks)
		case shelf:
			units(p, p.rule)
		case group:
			if p.listed {
				units(p, leafRules[shelf])
				break
			}
			blocks(p.Blocks, "text outside the stories", "it is above the subheadings")
		default:
			blocks(p.all(), as, p.rule)
			return
		}
	}
	for _, q := range p.parts {
		Explain(e, q, false)
	}
}
