// Shortens the A to Z to what has all the words typed into the search field. Without it the list is whole.
(function () {
  "use strict";
  var field = document.getElementById("site-search");
  var status = document.getElementById("search-status");
  var entries = Array.prototype.slice.call(document.querySelectorAll("#search-index li"));
  var sections = Array.prototype.slice.call(document.querySelectorAll("#search-index section"));
  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  }
  var texts = entries.map(function (entry) {
    return plain(entry.textContent + " " + entry.getAttribute("data-words"));
  });
  function show() {
    var words = plain(field.value).split(/\s+/).filter(Boolean);
    var found = 0;
    entries.forEach(function (entry, place) {
      var fits = words.every(function (word) { return texts[place].indexOf(word) >= 0; });
      entry.hidden = !fits;
      found += fits ? 1 : 0;
    });
    sections.forEach(function (section) {
      section.hidden = !section.querySelector("li:not([hidden])");
    });
    status.textContent = words.length ? found + (found === 1 ? " entry has" : " entries have") + " all these words" : "";
  }
  field.value = new URLSearchParams(window.location.search).get("q") || "";
  field.form.addEventListener("submit", function (event) { event.preventDefault(); show(); });
  field.addEventListener("input", show);
  show();
}());
