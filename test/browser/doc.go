// Package browser looks at Landfall's pages in a real browser.
//
// It owns starting Chromium without a screen and the tests of what a person sees
// and can do. It refuses to test what the pages say: their packages do.
package browser
