// Package dates finds days and times of day in words, titles and paths, as people and
// programs write them in many languages. It does not know which of them is the day of a
// digest.
package dates
