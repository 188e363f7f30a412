package digest

import (
	"maps"
	"slices"
)

// change replaces digests in what a library has filed, and copies only what
// they are in. Both libraries give the same slices to their readers elsewhere.
type change struct {
	old, new []*Card            // the second in place of the first
	done     map[**Card][]*Card // by where a list that is done began
}

// mostChanges is how many digests are replaced rather than everything filed
// anew: each is looked for in every list.
const mostChanges = 16

// changed tells what of a library has become what of the next. It is false
// unless the next is filed alike: by the same tags, also of its stories, and
// categories, in the same order.
func changed(old, next []*Card) (_ *change, ok bool) {
	c := &change{done: map[**Card][]*Card{}}
	if len(old) != len(next) {
		return nil, false
	}
	for i, was := range old {
		is := next[i]
		if was == is {
			continue
		}
		if len(c.old) == mostChanges || !sameTags(was, is) || !slices.Equal(was.Categories, is.Categories) {
			return nil, false
		}
		c.old, c.new = append(c.old, was), append(c.new, is)
	}
	return c, true
}

// sameTags reports whether two digests have the same tags, and their stories too.
func sameTags(a, b *Card) bool {
	return slices.Equal(a.Tags, b.Tags) && slices.Equal(a.storyTags(), b.storyTags())
}

// storyTags are the tags of the stories, those of each on a line.
func (c *Card) storyTags() (tags []string) {
	if c.marks.tagged() {
		for _, k := range c.marks.stories() {
			tags = append(tags, k.tags)
		}
	}
	return tags
}

func (c *change) digests(list []*Card) []*Card {
	if len(list) == 0 {
		return list
	}
	// Many a list is in several places.
	if done, ok := c.done[&list[0]]; ok {
		return done
	}
	out := list
	for i, was := range c.old {
		at := slices.Index(list, was)
		if at < 0 {
			continue
		}
		if same(out, list) {
			out = slices.Clone(list)
		}
		out[at] = c.new[i]
	}
	c.done[&list[0]] = out
	return out
}

func (c *change) categories(old map[string][]*Card) map[string][]*Card {
	out := maps.Clone(old)
	for key, list := range old {
		out[key] = c.digests(list)
	}
	return out
}

func (c *change) tags(old []Tag) []Tag {
	out := old
	for i, t := range old {
		next := c.digests(t.Digests)
		if same(next, t.Digests) {
			continue
		}
		if same(out, old) {
			out = slices.Clone(old)
		}
		out[i].Digests = next
	}
	return out
}

func (c *change) lookUps(old map[string]*Tagged) map[string]*Tagged {
	out := maps.Clone(old)
	for key, t := range old {
		digests, related := c.digests(t.Digests), c.tags(t.Related)
		if same(digests, t.Digests) && same(related, t.Related) {
			continue
		}
		next := *t
		next.Digests, next.Related = digests, related
		out[key] = &next
	}
	return out
}

// same reports whether two slices of one length are one.
func same[T any](a, b []T) bool { return len(a) == 0 || &a[0] == &b[0] }
