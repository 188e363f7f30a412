// Package silence tells whether words say that there is no news, in many languages. It
// never knows what a document makes of that.
package silence
