"""How fast the product works on a large person, beside the same work as bare SQL."""
