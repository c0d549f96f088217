// Stands in a function's bundle for object-inspect, by which qs would word an error that it never throws: it asks its
// side channel only for what it put there. It is 6 KB of a zip.
module.exports = String;
