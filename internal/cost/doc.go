// Package cost knows what an hour of an instance costs, on SageMaker and as a
// node of a cluster.
//
// It owns: the dated table of list prices, the ratios by which prices that are
// not quoted are derived from those that are, and the form in which people
// give prices of their own. Every price says whether it is quoted or an
// estimate, and on what basis.
//
// It refuses: prices that neither a source nor a ratio gives (they are
// unknown, never invented), discounts nobody told it of, and asking AWS.
package cost
