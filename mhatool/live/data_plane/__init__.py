"""How packets of home addresses travel: three ways behind one interface, the first that works is taken."""
